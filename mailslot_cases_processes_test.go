//go:build linux || windows

package ipc_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("mailslot-writer", mailslotWriter)
	testproc.Register("mailslot-reader", mailslotReader)
}

// mailslotWriter writes as many messages as its arguments say, which begin with
// its own name and a number.
func mailslotWriter(c *testproc.Child) {
	dir, self, count := c.Args[0], c.Args[1], must(strconv.Atoi(c.Args[2]))
	w := must(must(ipc.OpenNamespace(dir, nil)).OpenMailslot(slotName))
	c.Sayf("open")
	c.Line()
	for i := range count {
		if err := w.Put(context.Background(), []byte(slotMessage(self, i))); err != nil {
			c.Fatalf("message %d: %v", i, err)
		}
	}
	c.Sayf("written")
	c.Line()
}

// slotMessage is one of many that differ in size and content.
func slotMessage(self string, i int) string {
	return fmt.Sprintf("%s %d %s", self, i, strings.Repeat(self, i*7%1000))
}

// mailslotReader has a mailslot until it is told to close it.
func mailslotReader(c *testproc.Child) {
	m := must(must(ipc.OpenNamespace(c.Args[0], nil)).CreateMailslot(slotName, nil))
	c.Sayf("created")
	c.Line()
	if err := m.Close(); err != nil {
		c.Fatalf("close: %v", err)
	}
	c.Sayf("closed")
	c.Line()
}

// readerProcess starts a mailslotReader.
func (s *slotScene) readerProcess() *testproc.Proc {
	s.Helper()
	p := testproc.Start(s.T, "mailslot-reader", s.dir)
	p.Expect("created")
	return p
}

func (s *slotScene) writerProcess(self string, count int) *testproc.Proc {
	s.Helper()
	p := testproc.Start(s.T, "mailslot-writer", s.dir, self, strconv.Itoa(count))
	p.Expect("open")
	return p
}

func slotOutlivesWriter(s *slotScene) {
	for _, end := range []func(*testproc.Proc){(*testproc.Proc).Exit, (*testproc.Proc).Kill} {
		m := s.create(nil)
		p := s.writerProcess("P2", 3)
		p.Sayf("write")
		p.Expect("written")
		end(p)
		s.holds(m, slotMessage("P2", 0), slotMessage("P2", 1), slotMessage("P2", 2))
		s.ok(m.Close())
	}
}

func slotReaderCloses(s *slotScene) {
	p := s.readerProcess()
	w := s.open()
	s.put(w, "a")
	p.Sayf("close")
	p.Expect("closed")
	s.fails(w.Put(s.within(), []byte("b")), ipc.ErrNotExist, slotGone...)
	s.fails(w.TryPut([]byte("b")), ipc.ErrNotExist, slotGone...)
	_, err := s.writers.OpenMailslot(slotName)
	s.fails(err, ipc.ErrNotExist, codeFileNotFound)
	p.Exit()
}

func slotOldWriter(s *slotScene) {
	for _, end := range []func(*testproc.Proc){
		func(p *testproc.Proc) { p.Sayf("close"); p.Expect("closed"); p.Exit() },
		(*testproc.Proc).Kill,
	} {
		p := s.readerProcess()
		old := s.open()
		s.put(old, "lost")
		end(p)
		m := s.create(nil)
		s.fails(old.Put(s.within(), []byte("old")), ipc.ErrNotExist, slotGone...)
		s.put(s.open(), "new")
		s.holds(m, "new")
		s.fails(old.TryPut([]byte("old")), ipc.ErrNotExist, slotGone...)
		s.ok(m.Close())
	}
}

func slotReaderKilled(s *slotScene) {
	p := s.readerProcess()
	w := s.open()
	s.put(w, "lost")
	s.ok(w.Close())
	p.Kill()
	_, err := s.writers.OpenMailslot(slotName)
	s.fails(err, ipc.ErrNotExist, codeFileNotFound)
	s.holds(s.create(nil))
}

func slotFourWriters(s *slotScene) {
	const writers, each = 4, 250
	m := s.create(nil)
	var processes []*testproc.Proc
	for i := range writers {
		processes = append(processes, s.writerProcess(fmt.Sprintf("P%d", i), each))
	}
	for _, p := range processes {
		p.Sayf("write")
	}
	next := map[string]int{}
	for range writers * each {
		message, err := m.Get(s.within())
		s.ok(err)
		self, _, _ := strings.Cut(string(message), " ")
		if want := slotMessage(self, next[self]); string(message) != want {
			s.Fatalf("message %d of %s is %.40q, want %.40q", next[self], self, message, want)
		}
		next[self]++
	}
	s.holds(m)
	if len(next) != writers {
		s.Errorf("messages came from %v", next)
	}
	for _, p := range processes {
		p.Expect("written")
		p.Exit()
	}
}
