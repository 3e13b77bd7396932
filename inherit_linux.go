package ipc

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/shm"
)

// gifted is where the child finds a handle that is meant for it.
type gifted struct {
	Dir     string      `json:"dir"`
	Transit shm.Transit `json:"transit"`
}

// give sends a handle, and takes it back when the command is forgotten and
// nobody has received it.
func give(cmd *exec.Cmd, o *engineObject) (gifted, error) {
	n := o.Namespace()
	if n == nil {
		return gifted{}, ErrClosed
	}
	t, err := o.Send()
	if err != nil {
		return gifted{}, err
	}
	runtime.AddCleanup(cmd, func(t shm.Transit) { go n.Recall(t) }, t)
	return gifted{n.Dir(), t}, nil
}

func receive(o *engineObject, g gifted) error {
	n, err := heirs.open(g.Dir)
	if err != nil {
		return err
	}
	return n.Receive(o, g.Transit)
}

// heirs are the namespaces of inherited objects, which stay open.
var heirs heirNamespaces

type heirNamespaces struct {
	mu     sync.Mutex
	opened map[string]*engineNamespace
}

// open opens the namespace in a directory that the parent uses, whoever may use
// it.
func (h *heirNamespaces) open(dir string) (*engineNamespace, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.opened[dir]; n != nil {
		return n, nil
	}
	n, err := openFor(dir)
	if err != nil {
		return nil, unwrapOnce(err)
	}
	if h.opened == nil {
		h.opened = map[string]*engineNamespace{}
	}
	h.opened[dir] = n
	return n, nil
}

func engineOf(n *Namespace, err error) (*engineNamespace, error) {
	if err != nil {
		return nil, err
	}
	return n.engine, nil
}

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
