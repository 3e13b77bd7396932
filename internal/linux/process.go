//go:build linux

package linux

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Process is a handle on a process, which keeps meaning that process when its
// number is given to another.
type Process struct {
	pid    int
	file   *os.File
	watch  sync.Once     // starts what closes exited
	exited chan struct{} // closed when it has exited
	close  sync.Once
	closed chan struct{} // closed by Close
}

// OpenProcess opens the process that has the number pid now. It may be anyone's.
//
//   - [fs.ErrNotExist]: there is none.
//   - [errors.ErrUnsupported]: the kernel (before Linux 5.3) or a sandbox has no
//     such handles.
func OpenProcess(pid int) (*Process, error) {
	fd, err := pidfdOpen(pid)
	switch {
	case err == nil:
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT):
		return nil, refuse(errors.Join(fs.ErrNotExist, err), "there is no process %d", pid)
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return nil, refuse(errors.Join(errors.ErrUnsupported, err), "process %d: this system has no process handles (pidfd_open: %v)", pid, err)
	default:
		return nil, fmt.Errorf("process %d: %w", pid, explain(os.NewSyscallError("pidfd_open", err)))
	}
	if err := spare(fd); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("process %d: %w", pid, explain(os.NewSyscallError("pidfd_open", err)))
	}
	return &Process{
		pid:    pid,
		file:   os.NewFile(uintptr(fd), fmt.Sprintf("pidfd:%d", pid)),
		exited: make(chan struct{}),
		closed: make(chan struct{}),
	}, nil
}

// spare makes sure that there are descriptors left for the runtime's poller,
// which the first file that it polls sets up, and which ends the program when
// it cannot.
func spare(fd int) error {
	for range 2 {
		d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(d)
	}
	return nil
}

// pidfdOpen returns a non-blocking pidfd, which is what the runtime's poller
// takes.
func pidfdOpen(pid int) (int, error) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err == unix.EINVAL && pid > 0 { // PIDFD_NONBLOCK is of Linux 5.10
		if fd, err = unix.PidfdOpen(pid, 0); err == nil {
			err = unix.SetNonblock(fd, true)
		}
	}
	return fd, err
}

// PID returns the number that the process has, or had.
func (p *Process) PID() int { return p.pid }

// Exited reports whether the process has exited. It does not matter whether
// its parent has collected it.
func (p *Process) Exited() (bool, error) {
	var exited bool
	err := control(p.file, func(fd int) (err error) {
		exited, err = readableBefore(fd, 0)
		return err
	})
	if err != nil {
		return false, p.explain(err)
	}
	return exited, nil
}

// Done returns a channel that is closed once the process has exited. The first
// call starts a goroutine, which the runtime's poller wakes; no thread is
// blocked. After Close the channel is left as it is.
func (p *Process) Done() <-chan struct{} {
	p.watch.Do(func() { go watchExit(p.file, p.exited, p.closed) })
	return p.exited
}

// Wait blocks until the process has exited or ctx is done, whose error it then
// returns. It returns [fs.ErrClosed] when p is closed before or meanwhile.
func (p *Process) Wait(ctx context.Context) error {
	if exited, err := p.Exited(); exited || err != nil {
		return err
	}
	select {
	case <-p.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closed:
		return p.explain(fs.ErrClosed)
	}
}

// explain names the process. What the os package says of a file that was
// closed is not [fs.ErrClosed].
func (p *Process) explain(err error) error {
	select {
	case <-p.closed:
		err = fs.ErrClosed
	default:
	}
	return fmt.Errorf("process %d: %w", p.pid, err)
}

// Close closes the handle and ends its waits. It may be repeated.
func (p *Process) Close() error {
	var err error
	p.close.Do(func() {
		close(p.closed)
		err = p.file.Close()
	})
	return err
}

// watchExit closes exited once the process of a pidfd has exited. It returns
// without when the file is closed.
func watchExit(file *os.File, exited chan<- struct{}, closed <-chan struct{}) {
	raw, err := file.SyscallConn()
	if err != nil {
		return
	}
	var readable bool
	look := func(fd uintptr) bool {
		readable, err = readableBefore(int(fd), 0)
		return readable || err != nil
	}
	raw.Read(look) // an error means closed, or that the poller does not take it
	for !readable && err == nil {
		select {
		case <-closed:
			return
		case <-time.After(pollInterval):
			raw.Control(func(fd uintptr) { look(fd) })
		}
	}
	if readable {
		close(exited)
	}
}
