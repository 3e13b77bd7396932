package ipc_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/foreign"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() {
	testproc.Register("foreign-slot-reader", foreignSlotReader)
	testproc.Register("foreign-slot-writer", foreignSlotWriter)
}

// foreignSlotReader has the mailslot of its first argument until its end.
func foreignSlotReader(c *testproc.Child) {
	must(ipc.CreateMailslot(c.Args[0], nil))
	c.Sayf("reading")
	c.Line()
}

// foreignSlotWriter writes each line that it gets to the mailslot of its first
// argument.
func foreignSlotWriter(c *testproc.Child) {
	w := must(ipc.OpenMailslot(c.Args[0]))
	c.Sayf("writing")
	for {
		if err := w.Put(context.Background(), []byte(c.Line())); err != nil {
			c.Fatalf("put: %v", err)
		}
		c.Sayf("written")
	}
}

// foreignSlot gives a mailslot's name here, and the one that the peer uses.
func foreignSlot() (here, there string) {
	here = fmt.Sprintf(`ipc-test\%d\é%d`, os.Getpid(), foreignNames.Add(1))
	return here, `\\.\mailslot\` + here
}

// TestForeignMailslotWriter: the peer writes, the package reads.
func TestForeignMailslotWriter(t *testing.T) {
	s := &slotScene{T: t}
	p := foreign.Start(t)
	here, there := foreignSlot()
	p.Answers("ERROR 2", "open mailslot %s", there) // ERROR_FILE_NOT_FOUND
	m := must(ipc.CreateMailslot(here, &ipc.MailslotOptions{ReadTimeout: -1}))
	defer m.Close()
	p.Answers("ERROR 183", "create mailslot %s 0 0", there) // ERROR_ALREADY_EXISTS
	p.Answers("OK 1", "open mailslot %s", strings.ToUpper(there))
	p.Answers("OK 5", "write 1 hello")
	p.Answers("OK 0", "write 1")
	p.Answers("OK 3", "write 1 ä!")
	s.told(m, 5, 3)
	n, err := m.GetInto(soon(t), make([]byte, 4))
	s.fails(err, ipc.ErrShortBuffer, codeInsufficientBuffer)
	if n != 5 {
		t.Errorf("it needs %d bytes, want 5", n)
	}
	s.holds(m, "hello", "", "ä!")

	foreignNil(t, m.SetReadTimeout(0))
	for range 20 {
		done := s.reading(m, -1)
		p.Answers("OK 4", "write 1 wake")
		if g := <-done; g.message != "wake" || g.err != nil {
			t.Fatalf("got %+v", g)
		}
	}
	p.Exit()
}

// TestForeignMailslotReader: the package writes, the peer reads.
func TestForeignMailslotReader(t *testing.T) {
	s := &slotScene{T: t}
	p := foreign.Start(t)
	here, there := foreignSlot()
	_, err := ipc.OpenMailslot(here)
	s.fails(err, ipc.ErrNotExist, codeFileNotFound)
	p.Answers("OK 1", "create mailslot %s 100 -1", there)
	_, err = ipc.CreateMailslot(here, nil)
	s.fails(err, ipc.ErrExist, codeAlreadyExists)
	w := must(ipc.OpenMailslot(there))
	defer w.Close()
	s.put(w, "first")
	p.Answers("OK 1 5 100", "info 1")
	s.put(w, "second")
	p.Answers(`OK "first"`, "read 1 100")
	p.Answers(`OK "second"`, "read 1 100")
	for range 20 {
		p.Sayf("read 1 100")
		s.put(w, "wake")
		p.Expect(`OK "wake"`)
	}
	p.Exit()
}

// TestForeignMailslotMaximum: the reader's maximum is the writer's, whoever has
// set it.
func TestForeignMailslotMaximum(t *testing.T) {
	if testproc.UnderWine() {
		t.Skip(slotDiffers()["MS-30"])
	}
	s := &slotScene{T: t}
	p := foreign.Start(t)
	here, there := foreignSlot()
	p.Answers("OK 1", "create mailslot %s 10 0", there)
	w := must(ipc.OpenMailslot(here))
	defer w.Close()
	s.put(w, "0123456789")
	s.fails(w.Put(soon(t), []byte("0123456789a")), ipc.ErrMessageTooBig, codeInvalidParameter)
	p.Answers("OK 1 10 10", "info 1")
	p.Exit()
}

// TestForeignWriterDies: what the peer has written outlives it.
func TestForeignWriterDies(t *testing.T) {
	for name, die := range deaths {
		t.Run(name, func(t *testing.T) {
			s := &slotScene{T: t}
			p := foreign.Start(t)
			here, there := foreignSlot()
			m := must(ipc.CreateMailslot(here, nil))
			defer m.Close()
			p.Answers("OK 1", "open mailslot %s", there)
			p.Answers("OK 4", "write 1 last")
			p.Answers("OK 5", "write 1 words")
			die(p)
			s.holds(m, "last", "words")
		})
	}
}

// TestForeignReaderDies: the name of the peer's mailslot is free, and those who
// wrote to it are told.
func TestForeignReaderDies(t *testing.T) {
	for name, die := range deaths {
		t.Run(name, func(t *testing.T) {
			s := &slotScene{T: t}
			p := foreign.Start(t)
			here, there := foreignSlot()
			p.Answers("OK 1", "create mailslot %s 0 -1", there)
			w := must(ipc.OpenMailslot(here))
			defer w.Close()
			s.put(w, "lost")
			if testproc.UnderWine() {
				t.Log("a writer is not told: " + slotUndead)
				foreignNil(t, w.Close())
			}
			die(p)
			if !testproc.UnderWine() {
				s.fails(w.Put(soon(t), nil), ipc.ErrNotExist, slotGone...)
			}
			_, err := ipc.OpenMailslot(here)
			s.fails(err, ipc.ErrNotExist, codeFileNotFound)
			m := must(ipc.CreateMailslot(here, nil))
			s.holds(m)
			foreignNil(t, m.Close())
		})
	}
}

// TestDeathBeforeForeignMailslot: the peer sees the same of a process that uses
// the package.
func TestDeathBeforeForeignMailslot(t *testing.T) {
	ends := map[string]func(*testproc.Proc){"killed": (*testproc.Proc).Kill, "exits": (*testproc.Proc).Exit}
	for name, end := range ends {
		t.Run("writer "+name, func(t *testing.T) {
			p := foreign.Start(t)
			here, there := foreignSlot()
			p.Answers("OK 1", "create mailslot %s 0 -1", there)
			c := testproc.Start(t, "foreign-slot-writer", here)
			c.Expect("writing")
			c.Sayf("last")
			c.Expect("written")
			end(c)
			p.Answers(`OK "last"`, "read 1 100")
			p.Exit()
		})
		t.Run("reader "+name, func(t *testing.T) {
			p := foreign.Start(t)
			here, there := foreignSlot()
			c := testproc.Start(t, "foreign-slot-reader", here)
			c.Expect("reading")
			p.Answers("OK 1", "open mailslot %s", there)
			p.Answers("OK 4", "write 1 lost")
			if testproc.UnderWine() {
				t.Log("a writer is not told: " + slotUndead)
				p.Do("close 1")
			}
			end(c)
			if !testproc.UnderWine() {
				if answer := p.Ask("write 1 late"); !strings.HasPrefix(answer, "ERROR ") {
					t.Errorf("a write without a reader: %s", answer)
				}
			}
			p.Answers("ERROR 2", "open mailslot %s", there)
			p.Do("create mailslot %s 0 0", there)
			p.Exit()
		})
	}
}
