package nt

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Process is a process that can be waited for.
type Process struct{ object Object }

// OpenProcess opens a process by its id.
func OpenProcess(pid int) (*Process, error) {
	if int64(uint32(pid)) != int64(pid) { // which would be that of another one
		return nil, fmt.Errorf("%w: the number of a process has 32 bits", backend.ErrNoProcess)
	}
	h, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err == windows.ERROR_INVALID_PARAMETER {
		return nil, fmt.Errorf("%w: it has ended, or never was: %w", backend.ErrNoProcess, err)
	}
	if err != nil {
		return nil, wrap(err)
	}
	// Windows takes any number near that of a process.
	if id, err := windows.GetProcessId(h); err != nil || id != uint32(pid) {
		windows.CloseHandle(h)
		return nil, fmt.Errorf("%w: there is no process %d", backend.ErrNoProcess, pid)
	}
	p := &Process{}
	p.object.bind(h)
	return p, nil
}

// Exited reports whether the process has ended.
func (p *Process) Exited() (bool, error) { return p.object.tryWait() }

// Wait blocks until the process has ended.
func (p *Process) Wait(ctx context.Context) error { return p.object.wait(ctx) }

// Close closes the handle and ends its waits.
func (p *Process) Close() error { return p.object.Close() }
