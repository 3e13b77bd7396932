//go:build linux || windows

package ipc_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// A slotScene is a namespace of its own, in which there is one mailslot. Who
// reads and who writes have come there separately, as two processes do.
type slotScene struct {
	*testing.T
	dir              string
	readers, writers *ipc.Namespace
}

const slotName = `path\Name`

func newSlotScene(t *testing.T) *slotScene {
	t.Helper()
	s := &slotScene{T: t, dir: testproc.TempDir(t, slotParent)}
	s.readers, s.writers = s.namespace(), s.namespace()
	return s
}

// namespace comes to the namespace once more.
func (s *slotScene) namespace() *ipc.Namespace {
	s.Helper()
	n, err := ipc.OpenNamespace(s.dir, nil)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { s.ok(n.Close()) })
	return n
}

func (s *slotScene) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// within is a context for what must happen.
func (s *slotScene) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testproc.Limit(s.T))
	s.Cleanup(cancel)
	return ctx
}

func (s *slotScene) create(o *ipc.MailslotOptions) *ipc.Mailslot {
	s.Helper()
	m, err := s.readers.CreateMailslot(slotName, o)
	s.ok(err)
	return m
}

func (s *slotScene) open() *ipc.MailslotWriter {
	s.Helper()
	w, err := s.writers.OpenMailslot(slotName)
	s.ok(err)
	return w
}

// pair is a mailslot and a writer of it.
func (s *slotScene) pair(o *ipc.MailslotOptions) (*ipc.Mailslot, *ipc.MailslotWriter) {
	s.Helper()
	return s.create(o), s.open()
}

func (s *slotScene) put(w *ipc.MailslotWriter, messages ...string) {
	s.Helper()
	for _, m := range messages {
		s.ok(w.Put(s.within(), []byte(m)))
	}
}

// holds asserts that the mailslot has these messages and no others, and takes
// them.
func (s *slotScene) holds(m *ipc.Mailslot, messages ...string) {
	s.Helper()
	for _, want := range messages {
		if got, err := m.TryGet(); err != nil || string(got) != want {
			s.Fatalf("the message is %.40q, %v, want %.40q", got, err, want)
		}
	}
	_, err := m.TryGet()
	s.fails(err, ipc.ErrMailslotEmpty, codeTimeout)
}

// fails asserts an error and, on Windows, the code in it, if that is not 0.
func (s *slotScene) fails(err, want error, codes ...syscall.Errno) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("got %v, want %v", err, want)
	}
	var code syscall.Errno
	if kernelTells && len(codes) > 0 && (!errors.As(err, &code) || !hasCode(codes, code)) {
		s.Fatalf("the code in %v is %d, want one of %d", err, code, codes)
	}
}

func hasCode(codes []syscall.Errno, code syscall.Errno) bool {
	for _, c := range codes {
		if c == code {
			return true
		}
	}
	return false
}

// The codes of Windows that the cases name.
const (
	codeFileNotFound       = syscall.Errno(2)
	codeInvalidParameter   = syscall.Errno(87)
	codeTimeout            = syscall.Errno(121)
	codeInsufficientBuffer = syscall.Errno(122)
	codeAlreadyExists      = syscall.Errno(183)
)

// slotGone are codes that a write without a reader may have: ERROR_HANDLE_EOF,
// and what is like it.
var slotGone = []syscall.Errno{38, 109, 232, 1006}

// blocked returns when as many calls as that wait for the mailslot.
func (s *slotScene) blocked(m *ipc.Mailslot, calls int) {
	s.Helper()
	for ctx := s.within(); ; {
		i, err := m.Info()
		s.ok(err)
		if i.Waiters == calls {
			return
		}
		if ctx.Err() != nil {
			s.Fatalf("%d calls wait, not %d", i.Waiters, calls)
		}
		time.Sleep(time.Millisecond)
	}
}

// A got is what a read in the background has come to.
type got struct {
	message string
	size    int
	err     error
}

// reading begins to read, and returns when that blocks. A buffer of that many
// bytes is given; -1 for none.
func (s *slotScene) reading(m *ipc.Mailslot, room int) <-chan got {
	s.Helper()
	ctx, done := s.within(), make(chan got, 1)
	go func() {
		if room < 0 {
			message, err := m.Get(ctx)
			done <- got{string(message), len(message), err}
			return
		}
		buf := make([]byte, room)
		n, err := m.GetInto(ctx, buf)
		done <- got{string(buf[:min(n, room)]), n, err}
	}()
	s.blocked(m, 1)
	return done
}
