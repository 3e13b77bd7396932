package ipc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/bequest"
	"github.com/winsys-go/ipc/internal/nt"
	"github.com/winsys-go/ipc/internal/ntpipe"
)

// gifted is where the child finds what is meant for it: handles, whose numbers are
// the same there.
type gifted struct {
	Handles []bequest.Note `json:"at,omitempty"`

	Dir    string `json:"dir,omitempty"`
	Manual bool   `json:"manual,omitempty"` // of a timer

	Pipe string        `json:"pipe,omitempty"` // its name in the kernel
	Conn *ntpipe.Given `json:"conn,omitempty"`
	Addr *PipeAddr     `json:"addr,omitempty"`

	refused error // nil: this process has the handles
}

// mostVariable is how long a variable of the environment can be, with its name and
// the NUL that ends it.
const mostVariable = 32767 // UTF-16 units, of which there are never more than bytes

// isObject reports whether the gift is of a namespace.
func (g *gifted) isObject() bool { return g.Pipe == "" }

// keep notes how a command is to be started; restore makes it so again.
func keep(cmd *exec.Cmd) (restore func()) {
	attributes := cmd.SysProcAttr
	return func() { cmd.SysProcAttr = attributes }
}

// lend has the child start with handles. The attributes may be those of other
// commands, too, which are not to have them.
func lend(cmd *exec.Cmd, loans ...*bequest.Loan) (g gifted, err error) {
	var attributes syscall.SysProcAttr
	if cmd.SysProcAttr != nil {
		attributes = *cmd.SysProcAttr
	}
	if attributes.NoInheritHandles || attributes.ParentProcess != 0 {
		return g, fmt.Errorf("%w: a child with NoInheritHandles or another ParentProcess inherits nothing from this process", ErrInvalid)
	}
	handles := slices.Clip(attributes.AdditionalInheritedHandles)
	for _, l := range loans {
		handles = append(handles, syscall.Handle(l.Handle))
		g.Handles = append(g.Handles, l.Note)
	}
	attributes.AdditionalInheritedHandles = handles
	cmd.SysProcAttr = &attributes
	return g, nil
}

// give lends a handle until the command is forgotten.
func give(cmd *exec.Cmd, o *engineObject) (gifted, func(), error) {
	n := o.Namespace()
	if n == nil {
		return gifted{}, nil, ErrClosed
	}
	loan, err := o.Lend()
	if err != nil {
		return gifted{}, nil, err
	}
	g, err := lend(cmd, loan)
	if err == nil {
		g.Dir, err = absolute(n.Dir())
	}
	if err != nil {
		loan.Close()
		return gifted{}, nil, err
	}
	g.Manual = o.ManualTimer()
	runtime.AddCleanup(cmd, func(l *bequest.Loan) { l.Close() }, loan)
	return g, func() { loan.Close() }, nil
}

// absolute gives what stands for a namespace wherever the child is.
func absolute(dir string) (string, error) {
	if dir == nt.Local || dir == nt.Global {
		return dir, nil
	}
	return filepath.Abs(dir)
}

func openFor(dir string) (*engineNamespace, error) {
	switch dir {
	case nt.Local:
		return openUser()
	case nt.Global:
		return openGlobal()
	}
	return openDirectory(dir, "", false)
}

func receive(o *engineObject, kind backend.Kind, g *gift) error {
	if g.refused != nil {
		return g.refused
	}
	n, err := heirs.open(g.Dir)
	if err == nil {
		err = n.Receive(o, g.Handles[0], backend.Spec{Kind: kind, Name: g.Name, ManualReset: g.Manual})
	}
	return err
}

// A lender is what is at the end of an anonymous pipe that was inherited.
type lender interface{ Lend() (*bequest.Loan, error) }

// giveFile gives a duplicate of an end of an anonymous pipe, which is closed with
// that end, or when the command is forgotten.
func giveFile(cmd *exec.Cmd, end pipeEnd, lent *lentFiles) (gifted, func(), error) {
	if end == nil {
		return gifted{}, nil, ErrClosed
	}
	loan, err := lendEnd(end)
	if err != nil {
		return gifted{}, nil, unwrapOnce(failAnonymous("", err))
	}
	g, err := lendPipe(cmd, loan)
	if err != nil {
		loan.Close()
		return gifted{}, nil, err
	}
	lent.add(loan)
	runtime.AddCleanup(cmd, lent.drop, io.Closer(loan))
	return g, func() { lent.drop(loan) }, nil
}

func lendEnd(end pipeEnd) (loan *bequest.Loan, err error) {
	f, ok := end.(*os.File)
	if !ok {
		return end.(lender).Lend()
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	if outer := raw.Control(func(h uintptr) { loan, err = bequest.Lend(windows.Handle(h)) }); outer != nil {
		return nil, outer
	}
	return loan, err
}

// lendPipe has the child start with the end of a pipe, which comes first.
func lendPipe(cmd *exec.Cmd, loans ...*bequest.Loan) (gifted, error) {
	name, err := bequest.PipeName(loans[0].Handle)
	if err != nil {
		return gifted{}, err
	}
	g, err := lend(cmd, loans...)
	g.Pipe = name
	return g, err
}

func receiveFile(g *gift) (pipeEnd, error) {
	c, err := take(&g.gifted, ntpipe.Given{Server: g.Type == readerType})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// take makes an end of a pipe of what was given.
func take(g *gifted, state ntpipe.Given) (*ntpipe.Conn, error) {
	if g.refused != nil {
		return nil, g.refused
	}
	if err := g.Handles[0].CheckPipe(g.Pipe); err != nil {
		return nil, err
	}
	var handles []windows.Handle
	for _, n := range g.Handles {
		handles = append(handles, n.Handle)
	}
	return ntpipe.Take(state, handles)
}

func giveConn(cmd *exec.Cmd, c *PipeConn) (gifted, func(), error) {
	native, ok := c.native.(*ntpipe.Conn)
	if !ok {
		return gifted{}, nil, ErrUnsupported
	}
	state, loans, undo, err := native.Give()
	if err != nil {
		return gifted{}, nil, err
	}
	g, err := lendPipe(cmd, loans...)
	if err != nil {
		undo()
		return gifted{}, nil, err
	}
	g.Conn, g.Addr = &state, c.addr
	return g, undo, nil
}

func receiveConn(c *PipeConn, g gifted) error {
	if g.Conn == nil || g.Addr == nil {
		return fmt.Errorf("%w: there is no such connection", ErrInvalid)
	}
	native, err := take(&g, *g.Conn)
	if err != nil {
		return err
	}
	c.native, c.addr = native, g.Addr
	return nil
}

// keepFromChildren claims the handles, which no child inherits then.
func keepFromChildren(gifts []gift) {
	for i := range gifts {
		g := &gifts[i]
		g.refused = claim(g)
	}
}

// kernelTypes says what a gift must be to the kernel.
var kernelTypes = map[string]string{
	backend.Event.String():     bequest.Event,
	backend.Mutex.String():     bequest.Mutex,
	backend.Semaphore.String(): bequest.Semaphore,
	backend.Timer.String():     bequest.Timer,
	readerType:                 bequest.File,
	writerType:                 bequest.File,
	connType:                   bequest.File,
}

func claim(g *gift) error {
	most := 1
	if g.Type == connType {
		most = 2 // the other tells the listener that the connection is in use
	}
	if n := len(g.Handles); n == 0 || n > most {
		return fmt.Errorf("%w: %d handles for the %s", ErrInvalid, n, g.Type)
	}
	for _, n := range g.Handles {
		if err := n.Claim(kernelTypes[g.Type]); err != nil {
			return err
		}
	}
	return nil
}
