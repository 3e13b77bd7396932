package ipc

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// What each type gives a child, and how the child makes it of that.

func (e *Event) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &e.native.Object, backend.Event, e.name)
}
func (e *Event) take(g gift) error { return takeObject(&e.native.Object, backend.Event, g) }

func (m *Mutex) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &m.native.Object, backend.Mutex, m.name)
}
func (m *Mutex) take(g gift) error { return takeObject(&m.native.Object, backend.Mutex, g) }

func (s *Semaphore) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &s.native.Object, backend.Semaphore, s.name)
}
func (s *Semaphore) take(g gift) error { return takeObject(&s.native.Object, backend.Semaphore, g) }

func (t *Timer) give(cmd *exec.Cmd) (gift, error) {
	return giveObject(cmd, &t.native.Object, backend.Timer, t.name)
}
func (t *Timer) take(g gift) error { return takeObject(&t.native.Object, backend.Timer, g) }

func giveObject(cmd *exec.Cmd, o *engineObject, kind backend.Kind, name string) (gift, error) {
	g, undo, err := give(cmd, o)
	return gift{kind.String(), name, g, undo}, err
}

func takeObject(o *engineObject, kind backend.Kind, g gift) error {
	err := receive(o, kind, &g)
	if errors.Is(err, ErrPermission) {
		err = fmt.Errorf("%w: the parent and this process must be able to open the same namespace", err)
	}
	return err
}

func (r *PipeReader) give(cmd *exec.Cmd) (gift, error) {
	g, undo, err := giveFile(cmd, r.file, &r.lent)
	return gift{readerType, "", g, undo}, err
}

func (r *PipeReader) take(g gift) (err error) {
	r.file, err = receiveFile(&g)
	return err
}

func (w *PipeWriter) give(cmd *exec.Cmd) (gift, error) {
	g, undo, err := giveFile(cmd, w.file, &w.lent)
	return gift{writerType, "", g, undo}, err
}

func (w *PipeWriter) take(g gift) (err error) {
	w.file, err = receiveFile(&g)
	return err
}

func (c *PipeConn) give(cmd *exec.Cmd) (gift, error) {
	if !c.ready() {
		return gift{}, ErrClosed
	}
	g, undo, err := giveConn(cmd, c)
	return gift{connType, c.name, g, undo}, err
}

func (c *PipeConn) take(g gift) error { return receiveConn(c, g.gifted) }

// lentFiles are the duplicates of an end of a pipe that commands have, which are
// to be closed with it.
type lentFiles struct {
	mu    sync.Mutex
	files map[io.Closer]bool
}

func (l *lentFiles) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for f := range l.files {
		f.Close()
	}
	l.files = nil
}
