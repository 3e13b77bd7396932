//go:build linux

package unixpipe

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// A script is what a fuzz input says to do, byte after byte; when it is used
// up, zeros.
type script []byte

func (s *script) next() int {
	if len(*s) == 0 {
		return 0
	}
	b := (*s)[0]
	*s = (*s)[1:]
	return int(b)
}

// errLater is what a stream says that has nothing at the moment.
var errLater = errors.New("later")

// A stream gives its bytes in pieces, as the script says, and now and then
// none.
type stream struct {
	bytes  []byte
	script *script
	given  int
}

func (s *stream) read(p []byte) (int, error) {
	if len(s.bytes) == 0 {
		return 0, io.EOF
	}
	size := s.script.next()
	if size%5 == 4 {
		return 0, errLater
	}
	n := copy(p[:min(len(p), 1+size*size)], s.bytes)
	s.bytes = s.bytes[n:]
	s.given += n
	return n, nil
}

// understood is the whole meaning of a stream, in the plainest way: its
// messages, how many were withdrawn, and how it ends.
func understood(b []byte) (messages [][]byte, withdrawn int, err error) {
	var m message
	var text []byte
	for {
		if m.complete() {
			messages = append(messages, text)
			m, text = message{}, nil
		}
		switch {
		case len(b) == 0 && !m.begun:
			return messages, withdrawn, io.EOF
		case len(b) < headerSize:
			return messages, withdrawn, io.ErrUnexpectedEOF
		}
		aborted, err := m.next(parseHeader(b))
		if err != nil {
			return messages, withdrawn, err
		}
		b = b[headerSize:]
		if aborted {
			text = nil
			withdrawn++
			continue
		}
		n := min(m.size, len(b))
		text, b = append(text, b[:n]...), b[n:]
		if m.took(n); m.size > 0 {
			return messages, withdrawn, io.ErrUnexpectedEOF
		}
	}
}

// FuzzReader reads a stream that anybody may have made, in every way: what is
// understood does not depend on how it comes or is read, and takes no more
// memory than it has bytes.
func FuzzReader(f *testing.F) {
	frame := func(k kind, size, left int, body string) string {
		return string(header{k, size, left}.append(nil)) + body
	}
	f.Add([]byte(frame(kindLast, 3, 3, "abc")+frame(kindLast, 0, 0, "")+frame(kindLast, 1, 1, "d")), []byte{1, 2, 3})
	f.Add([]byte(frame(kindPart, 2, 5, "ab")+frame(kindPart, 2, 3, "cd")+frame(kindLast, 1, 1, "e")), []byte{1, 4, 0})
	f.Add([]byte(frame(kindPart, 2, 5, "ab")+frame(kindAbort, 0, 0, "")+frame(kindLast, 1, 1, "d")), []byte{0, 9, 200})
	f.Add([]byte(frame(kindPart, 4, 1<<31-1, "abcd")), []byte{})
	f.Add([]byte(frame(kindLast, 1<<24-1, 1<<32-1, "")), []byte{})
	f.Add([]byte(frame(kindAbort, 0, 0, "")), []byte{})
	f.Fuzz(func(t *testing.T, in, todo []byte) {
		if len(in) > 1<<16 {
			return
		}
		want, withdrawn, wantErr := understood(in)
		s := script(todo)
		st := &stream{bytes: in, script: &s}
		var r reader
		var got [][]byte
		var text []byte
		parts := false // something of the present message was given out
		for range 20*len(in) + 20*len(todo) + 20 {
			if limit := 2*st.given + maxPart; cap(r.partial) > limit {
				t.Fatalf("%d bytes of memory for %d that have come", cap(r.partial), st.given)
			}
			var err error
			switch how := s.next(); how % 4 {
			case 0:
				var m []byte
				if m, err = r.whole(st.read); err == nil {
					got = append(got, append(text, m...))
					text, parts = nil, false
				}
			case 1, 2:
				var n int
				var more bool
				p := make([]byte, how/4)
				if n, more, err = r.part(st.read, p); err == nil {
					text = append(text, p[:n]...)
					parts = parts || n > 0
					if !more {
						got = append(got, text)
						text, parts = nil, false
					}
				}
			default:
				if err = r.collect(st.read, how); err == errWithdrawn {
					got, text, parts, err = append(got, text), nil, false, nil
				}
			}
			if err == nil || err == errLater {
				continue
			}
			if errors.Is(err, backend.ErrPipeProtocol) != errors.Is(wantErr, backend.ErrPipeProtocol) ||
				!errors.Is(wantErr, backend.ErrPipeProtocol) && err != wantErr {
				t.Fatalf("the end is %v, want %v", err, wantErr)
			}
			compareMessages(t, got, want, withdrawn)
			return
		}
		t.Fatal("it does not come to an end")
	})
}

// compareMessages wants every message, whole and in order; messages that were
// withdrawn after a part of them was given out may stand between.
func compareMessages(t *testing.T, got, want [][]byte, withdrawn int) {
	t.Helper()
	if more := len(got) - len(want); more > withdrawn {
		t.Fatalf("%d messages too many, of which %d can have been withdrawn", more, withdrawn)
	}
	for _, m := range got {
		if len(want) > 0 && bytes.Equal(m, want[0]) {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		t.Fatalf("%d messages are missing: %q of %q", len(want), want[0], got)
	}
}

func TestHeaderRoundTrip(t *testing.T) {
	for _, h := range []header{{kindLast, 0, 0}, {kindPart, maxPart, backend.MaxMessage}, {kindAbort, 0, 0}} {
		if got := parseHeader(h.append(nil)); got != h {
			t.Errorf("%+v came back as %+v", h, got)
		}
	}
}
