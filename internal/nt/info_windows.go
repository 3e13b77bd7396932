package nt

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/win32"
)

// Info describes the object, as far as the kernel tells. It consumes nothing.
func (o *Object) Info() (info backend.Info, err error) {
	err = o.using(func(h windows.Handle) error {
		info = backend.Info{Kind: o.kind, Name: o.name}
		if err := o.describe(h, &info); err != nil {
			return err
		}
		object, err := win32.QueryObject(h)
		info.Handles = int(object.HandleCount)
		info.Waiters = o.waiters()
		return err
	})
	return info, err
}

func (o *Object) describe(h windows.Handle, info *backend.Info) error {
	switch o.kind {
	case backend.Event:
		i, err := win32.QueryEvent(h)
		info.ManualReset, info.Signaled = i.Type == 0, i.State != 0
		return err
	case backend.Mutex:
		i, err := win32.QueryMutant(h)
		info.Signaled, info.Abandoned = i.Count > 0, i.Abandoned != 0
		if err == nil && i.Count <= 0 {
			info.Owner = ownerOf(h)
		}
		return err
	case backend.Semaphore:
		i, err := win32.QuerySemaphore(h)
		info.Count, info.Max, info.Signaled = int(i.Count), int(i.Max), i.Count > 0
		return err
	default:
		return o.describeTimer(h, info)
	}
}

// ownerOf names the process that owns a mutex; its number is 0 where the kernel
// does not tell.
func ownerOf(h windows.Handle) *backend.Client {
	id, err := win32.QueryMutantOwner(h)
	if err != nil || id.Process == 0 {
		return &backend.Client{}
	}
	return &backend.Client{PID: int(id.Process), Command: commandOf(uint32(id.Process))}
}

// commandOf is the program that a process runs, without its directory.
func commandOf(pid uint32) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	var path [windows.MAX_PATH]uint16
	n := uint32(len(path))
	if windows.QueryFullProcessImageName(h, 0, &path[0], &n) != nil {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(windows.UTF16ToString(path[:n])), ".exe")
}

// describeTimer tells what the kernel knows: whether it is signalled, and when
// it would be due. Whether it was cancelled, and its period, is known only
// through the handle that did it.
func (o *Object) describeTimer(h windows.Handle, info *backend.Info) error {
	i, err := win32.QueryTimer(h)
	if err != nil {
		return err
	}
	o.mu.Lock()
	t := o.timer
	o.mu.Unlock()
	info.ManualReset = o.isManual()
	info.Signaled = i.State != 0
	info.Due = duration(i.Remaining)
	info.Period = t.period
	switch {
	case t.cancelled:
		info.Due = 0
	case t.touched:
		info.Armed = info.Due > 0 || t.period > 0
	default:
		info.Armed = info.Due > 0
	}
	if info.Due > 0 {
		info.DueAt = t.at
	}
	return nil
}
