package ipc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/shm"
	"github.com/winsys-go/ipc/internal/unixpipe"
)

// gifted is where the child finds what is meant for it: a handle, or descriptors.
type gifted struct {
	Dir     string          `json:"dir,omitempty"`
	Transit *shm.Transit    `json:"transit,omitempty"`
	Files   []givenFile     `json:"files,omitempty"`
	Conn    *unixpipe.Given `json:"conn,omitempty"`
	Addr    *PipeAddr       `json:"addr,omitempty"`
}

// A givenFile is a descriptor of the child, and the open file that it must be:
// somebody may have forgotten to take the variable out of an environment, or have
// put other files in front.
type givenFile struct {
	FD int `json:"fd"`
	linux.FileID
}

// mostVariable is how long a variable of the environment can be, with its name and
// the byte that ends it.
const mostVariable = 128 << 10

// keep notes what files a command has; restore takes others away again.
func keep(cmd *exec.Cmd) (restore func()) {
	files := len(cmd.ExtraFiles)
	return func() { cmd.ExtraFiles = cmd.ExtraFiles[:files] }
}

// isObject reports whether the gift is of a namespace.
func (g *gifted) isObject() bool { return g.Transit != nil }

// give sends a handle, and takes it back when the command is forgotten and
// nobody has received it.
func give(cmd *exec.Cmd, o *engineObject) (gifted, func(), error) {
	n := o.Namespace()
	if n == nil {
		return gifted{}, nil, ErrClosed
	}
	t, err := o.Send()
	if err != nil {
		return gifted{}, nil, err
	}
	runtime.AddCleanup(cmd, func(t shm.Transit) { go n.Recall(t) }, t)
	return gifted{Dir: n.Dir(), Transit: &t}, func() { n.Recall(t) }, nil
}

func receive(o *engineObject, kind backend.Kind, g *gift) error {
	if g.Transit == nil || g.Transit.Kind != kind {
		return fmt.Errorf("%w: there is no such handle", ErrInvalid)
	}
	n, err := heirs.open(g.Dir)
	if err != nil {
		return err
	}
	return n.Receive(o, *g.Transit)
}

func engineOf(n *Namespace, err error) (*engineNamespace, error) {
	if err != nil {
		return nil, err
	}
	return n.engine, nil
}

// openFor opens the namespace in a directory that the parent uses, whoever may use
// it.
func openFor(dir string) (*engineNamespace, error) {
	switch dir {
	case linux.UserDir():
		return engineOf(DefaultNamespace())
	case linux.GlobalDir:
		return engineOf(GlobalNamespace())
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("the namespace of what was inherited: %w", err)
	}
	group := ""
	if info.Mode()&0o070 != 0 {
		group = strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Gid))
	}
	return openDirectory(dir, group, false)
}

// giveFile gives a duplicate of an end of an anonymous pipe, which is closed with
// that end, or when the command is forgotten.
func giveFile(cmd *exec.Cmd, end pipeEnd, lent *lentFiles) (gifted, func(), error) {
	f, ok := end.(*os.File)
	if !ok {
		return gifted{}, nil, ErrClosed
	}
	raw, err := f.SyscallConn()
	var d *os.File
	if err == nil {
		d, err = linux.Duplicate(raw, f.Name())
	}
	if err != nil {
		return gifted{}, nil, unwrapOnce(failAnonymous("", err))
	}
	g, err := giveFiles(cmd, d)
	if err != nil {
		d.Close()
		return gifted{}, nil, err
	}
	lent.add(d)
	runtime.AddCleanup(cmd, lent.drop, io.Closer(d))
	return g, func() { lent.drop(d) }, nil
}

// giveFiles has the child start with files.
func giveFiles(cmd *exec.Cmd, files ...*os.File) (g gifted, err error) {
	for i, f := range files {
		id, _, err := linux.IDOf(int(f.Fd()))
		if err != nil {
			return gifted{}, err
		}
		// Descriptors 0, 1 and 2 are the standard ones.
		g.Files = append(g.Files, givenFile{3 + len(cmd.ExtraFiles) + i, id})
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, files...)
	return g, nil
}

func receiveFile(g *gift) (pipeEnd, error) {
	if len(g.Files) != 1 {
		return nil, fmt.Errorf("%w: %d descriptors for the end of a pipe", ErrInvalid, len(g.Files))
	}
	f, err := adopt(g.Files[0], syscall.S_IFIFO)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func adopt(g givenFile, kind uint32) (*os.File, error) {
	f, err := linux.Adopt(g.FD, g.FileID, kind, "inherited")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotExist, err)
	}
	return f, nil
}

func giveConn(cmd *exec.Cmd, c *PipeConn) (gifted, func(), error) {
	native, ok := c.native.(*unixpipe.Conn)
	if !ok {
		return gifted{}, nil, ErrUnsupported
	}
	state, files, undo, err := native.Give()
	if err != nil {
		return gifted{}, nil, err
	}
	g, err := giveFiles(cmd, files...)
	if err != nil {
		undo()
		return gifted{}, nil, err
	}
	g.Conn, g.Addr = &state, c.addr
	return g, undo, nil
}

// connFiles are the types of the descriptors of a connection: its socket, and the
// card that it has its instance by.
var connFiles = []uint32{syscall.S_IFSOCK, syscall.S_IFREG}

func receiveConn(c *PipeConn, g gifted) error {
	if g.Conn == nil || g.Addr == nil || len(g.Files) == 0 || len(g.Files) > len(connFiles) {
		return fmt.Errorf("%w: %d descriptors for a connection", ErrInvalid, len(g.Files))
	}
	var files []*os.File
	for i, given := range g.Files {
		f, err := adopt(given, connFiles[i])
		if err != nil {
			for _, f := range files {
				f.Close()
			}
			return err
		}
		files = append(files, f)
	}
	native, err := unixpipe.Take(*g.Conn, files)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	c.native, c.addr = native, g.Addr
	return nil
}

// keepFromChildren sets close-on-exec where descriptors are what they should be.
func keepFromChildren(gifts []gift) {
	for _, g := range gifts {
		for _, f := range g.Files {
			if id, _, err := linux.IDOf(f.FD); err == nil && id == f.FileID {
				syscall.CloseOnExec(f.FD)
			}
		}
	}
}
