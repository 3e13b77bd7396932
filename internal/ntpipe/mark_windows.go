package ntpipe

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// The kernel tells nobody what the pipes are that exist, but who connects to
// them. So that the processes that use this package can tell each other, they
// keep marks, as those of other objects do: events with this ending, that exist
// as long as the listener, or the process.
//
//	Global\PIPE|MODE DIRECTION LIMIT PROCESS|ipc pipe
//	Global\PROCESS|ipc pipe
//
// A backslash in the name of a pipe is a slash in that of its mark.
const (
	markPrefix = `Global\`
	markEnd    = "|ipc pipe"
)

// makeMark makes a mark. It is only told, so a failure is not one of the
// operation: the handle is 0.
func makeMark(mark string) windows.Handle {
	p, err := windows.UTF16PtrFromString(markPrefix + mark)
	if err != nil {
		return 0
	}
	h, _ := windows.CreateEventEx(nil, p, 0, windows.SYNCHRONIZE)
	return h
}

// markProcess makes the mark of this process, which keeps it.
var markProcess = sync.OnceFunc(func() { makeMark(processMark(windows.GetCurrentProcessId())) })

func processMark(pid uint32) string { return strconv.Itoa(int(pid)) + markEnd }

// peerIsMarked reports whether the process at the other end uses this package.
func (c *Conn) peerIsMarked() bool {
	pid, err := c.peerID()
	if err != nil {
		return false
	}
	name, err := windows.UTF16PtrFromString(markPrefix + processMark(pid))
	if err != nil {
		return false
	}
	h, err := windows.OpenEvent(windows.SYNCHRONIZE, false, name)
	if err != nil {
		return err == windows.ERROR_ACCESS_DENIED // it is that of another user
	}
	windows.CloseHandle(h)
	return true
}

// markPipe makes the mark of a pipe that this process listens on.
func markPipe(prefix string, spec *backend.PipeSpec) windows.Handle {
	return makeMark(markOf(prefix, spec, int(windows.GetCurrentProcessId())))
}

func markOf(prefix string, spec *backend.PipeSpec, pid int) string {
	mode := 0
	if spec.Message {
		mode = 1
	}
	name := strings.ReplaceAll(prefix+spec.Name, `\`, `/`)
	return fmt.Sprintf("%s|%d %d %d %d%s", name, mode, spec.Direction, spec.MaxInstances, pid, markEnd)
}

// parseMark reads the mark of a pipe.
func parseMark(mark, prefix string) (info backend.PipeInfo, ok bool) {
	text, ok := strings.CutSuffix(mark, markEnd)
	if !ok {
		return info, false
	}
	bar := strings.LastIndexByte(text, '|')
	if bar < 0 {
		return info, false
	}
	name, ok := strings.CutPrefix(strings.ReplaceAll(text[:bar], `/`, `\`), prefix)
	var mode int
	n, err := fmt.Sscanf(text[bar+1:], "%d %d %d %d", &mode, &info.Direction, &info.MaxInstances, &info.PID)
	info.Name, info.Message, info.Clients = name, mode == 1, -1 // how many there are is not told
	return info, ok && n == 4 && err == nil
}

// List lists the pipes that processes listen on which use this package.
func (p *Pipes) List() ([]backend.PipeInfo, error) {
	entries, err := win32.ListDirectoryObject(win32.CommonObjects)
	if err != nil {
		return nil, wrap(err)
	}
	var list []backend.PipeInfo
	for _, e := range entries {
		if info, ok := parseMark(e.Name, p.prefix); ok {
			list = append(list, info)
		}
	}
	slices.SortFunc(list, func(a, b backend.PipeInfo) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}
