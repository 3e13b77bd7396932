package ntpipe

import (
	"testing"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// FuzzMark: what is no mark of a pipe is none, and no name breaks that.
func FuzzMark(f *testing.F) {
	f.Add("ipc-0123-name|1 2 3 4|ipc pipe", "ipc-0123-")
	f.Add("|0 0 0 0|ipc pipe", "")
	f.Add("4711|ipc pipe", "")
	f.Add("a/b|c|0 2 255 -1|ipc pipe", "a")
	f.Fuzz(func(t *testing.T, mark, prefix string) {
		info, ok := parseMark(mark, prefix)
		if !ok {
			return
		}
		again, ok := parseMark(markOf(prefix, &info.PipeSpec, info.PID), prefix)
		if !ok || again != info {
			t.Errorf("%q is %+v, whose mark is that of %+v", mark, info, again)
		}
	})
}

// TestMarkOfPipe: a listener's mark exists as long as it listens.
func TestMarkOfPipe(t *testing.T) {
	p := Open("ipc-test-marks-")
	defer p.Close()
	l, err := p.Listen(backend.PipeSpec{Name: `A\b`, Message: true, Direction: backend.Outbound, MaxInstances: 3})
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.List()
	if err != nil || len(list) != 1 {
		t.Fatalf("the list is %+v, %v", list, err)
	}
	got, want := list[0], backend.PipeInfo{PID: int(windows.GetCurrentProcessId()), Clients: -1}
	want.Name, want.Message, want.Direction, want.MaxInstances = `A\b`, true, backend.Outbound, 3
	if got != want {
		t.Errorf("the list has %+v, want %+v", got, want)
	}
	l.Close()
	if list, err := p.List(); len(list) != 0 || err != nil {
		t.Errorf("when it is closed: %+v, %v", list, err)
	}
}
