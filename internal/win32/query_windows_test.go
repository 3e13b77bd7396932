package win32

import (
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A directoryPage is what the kernel writes.
type directoryPage struct {
	buf  []uint64
	n    int // strings
	text int // where the next text begins, in bytes
}

func (p *directoryPage) add(text string) {
	units, _ := windows.UTF16FromString(text)
	first := unsafe.Add(unsafe.Pointer(&p.buf[0]), p.text)
	copy(unsafe.Slice((*uint16)(first), len(units)), units)
	info := unsafe.Slice((*windows.NTUnicodeString)(unsafe.Pointer(&p.buf[0])), p.n+1)
	info[p.n] = windows.NTUnicodeString{
		Length: uint16(2 * (len(units) - 1)), MaximumLength: uint16(2 * len(units)), Buffer: (*uint16)(first),
	}
	p.n++
	p.text += 2 * len(units)
}

// TestEntries: a directory is read as the kernel writes it.
func TestEntries(t *testing.T) {
	want := []Entry{{"a", "Event"}, {"\u00c0\u00c0\u00c0", "Mutant"}, {"", "Timer"}, {"ü \U0001F600", "Semaphore"}}
	p := &directoryPage{buf: make([]uint64, 64), text: 256}
	if got := entriesIn(p.buf); len(got) != 0 {
		t.Errorf("an empty page has %q", got)
	}
	for _, e := range want {
		p.add(e.Name)
		p.add(e.Type)
	}
	if got := entriesIn(p.buf); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	info := unsafe.Slice((*windows.NTUnicodeString)(unsafe.Pointer(&p.buf[0])), 3)
	info[2].Length = 4000
	if got := entriesIn(p.buf); !slices.Equal(got, want[:1]) {
		t.Errorf("a text that leads out of the page: %q", got)
	}
}
