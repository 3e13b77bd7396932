package ntpipe

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// Dial connects to a pipe.
func (p *Pipes) Dial(ctx context.Context, name string, wait bool) (backend.PipeConn, error) {
	path, err := p.path(name)
	if err != nil {
		return nil, err
	}
	for {
		c, err := p.connect(path)
		switch {
		case err == nil:
			if err := p.add(c); err != nil {
				return nil, err
			}
			return c, nil
		case err != windows.ERROR_PIPE_BUSY:
			return nil, wrap(err)
		case !wait:
			return nil, fmt.Errorf("%w: %w", backend.ErrPipeBusy, err)
		}
		switch err := await(p.prefix+name, lookAgain, ctx.Done(), p.closing); {
		case err == errGivenUp && ctx.Err() != nil:
			return nil, ctx.Err()
		case err == errGivenUp:
			return nil, backend.ErrClosed
		case err != nil && err != windows.ERROR_SEM_TIMEOUT && err != windows.ERROR_HANDLES_CLOSED: // the last from Wine: the pipe is gone
			return nil, wrap(err)
		}
	}
}

// accesses are what a client asks for, one after the other: both ways; to read,
// and to set the mode in which it reads; to read bytes, which have no mode; to write.
var accesses = []struct {
	ask               uint32
	noReads, noWrites bool
}{
	{ask: windows.GENERIC_READ | windows.GENERIC_WRITE},
	{ask: windows.GENERIC_READ | windows.FILE_WRITE_ATTRIBUTES, noWrites: true},
	{ask: windows.GENERIC_READ, noWrites: true},
	{ask: windows.GENERIC_WRITE | windows.FILE_READ_ATTRIBUTES, noReads: true},
}

// connect opens the client's end, with what the direction of the pipe allows.
// The server may learn who the client is, and not act in its name.
func (p *Pipes) connect(path *uint16) (*Conn, error) {
	for i, a := range accesses {
		h, err := windows.CreateFile(path, a.ask, 0, nil, windows.OPEN_EXISTING,
			windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_IDENTIFICATION, 0)
		if err == windows.ERROR_ACCESS_DENIED && i+1 < len(accesses) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := p.client(h)
		if err != nil {
			return nil, err
		}
		c.noReads, c.noWrites = a.noReads, a.noWrites
		return c, nil
	}
	panic("not reached")
}

// client makes the handle of a client's end a connection, or closes it. The
// kernel lets clients begin to read bytes, whatever the mode of the pipe.
func (p *Pipes) client(h windows.Handle) (*Conn, error) {
	var flags uint32
	err := windows.GetNamedPipeInfo(h, &flags, nil, nil, nil)
	message := flags&windows.PIPE_TYPE_MESSAGE != 0
	if err == nil && message {
		mode := uint32(windows.PIPE_READMODE_MESSAGE)
		err = windows.SetNamedPipeHandleState(h, &mode, nil, nil)
	}
	if err != nil {
		windows.CloseHandle(h)
		return nil, err
	}
	bound, err := newHandle(h)
	if err != nil {
		return nil, err
	}
	return newConn(p, bound, message), nil
}
