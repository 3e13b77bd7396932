//go:build linux || windows

package ipc_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
)

// TestMailslotNames: one mailslot, by all its names.
func TestMailslotNames(t *testing.T) {
	s := newSlotScene(t)
	for _, same := range [][]string{
		{`b`, `B`, `\\.\mailslot\b`, `\\.\MailSlot\B`, `//./mailslot/b`, `Local\b`, `\\.\mailslot\Local\b`},
		{`a\b`, `a/b`, `A/B`, `\\.\mailslot\a\b`, `//./mailslot/a/b`, `Local\a/b`},
		{`é ü\ß`, `É Ü\ß`},
		{`a\b:c*?"<>|.d`},
	} {
		for _, created := range same {
			m, err := s.readers.CreateMailslot(created, nil)
			s.ok(err)
			if m.Name() != created {
				t.Errorf("%q is called %q", created, m.Name())
			}
			for _, opened := range same {
				w, err := s.writers.OpenMailslot(opened)
				s.ok(err)
				s.put(w, opened)
				s.ok(w.Close())
				s.holds(m, opened)
			}
			s.ok(m.Close())
		}
	}
}

// TestMailslotBadNames: what is no name is refused at either end, and why is told.
func TestMailslotBadNames(t *testing.T) {
	s := newSlotScene(t)
	for name, want := range map[string]error{
		``:                           ipc.ErrInvalidName,
		`\`:                          ipc.ErrInvalidName,
		`/`:                          ipc.ErrInvalidName,
		`\b`:                         ipc.ErrInvalidName,
		`b\`:                         ipc.ErrInvalidName,
		`a\\b`:                       ipc.ErrInvalidName,
		`a//b`:                       ipc.ErrInvalidName,
		`.`:                          ipc.ErrInvalidName,
		`..`:                         ipc.ErrInvalidName,
		`a\..\b`:                     ipc.ErrInvalidName,
		`a/./b`:                      ipc.ErrInvalidName,
		`Local\`:                     ipc.ErrInvalidName,
		`Global\`:                    ipc.ErrInvalidName,
		`\\.\mailslot`:               ipc.ErrInvalidName,
		`\\.\mailslot\`:              ipc.ErrInvalidName,
		`\\.\mailslot\a\..\b`:        ipc.ErrInvalidName,
		`\\.\pipe\b`:                 ipc.ErrInvalidName,
		`\\`:                         ipc.ErrInvalidName,
		`\\\mailslot\b`:              ipc.ErrInvalidName,
		"a\x00b":                     ipc.ErrInvalidName,
		"a\xff":                      ipc.ErrInvalidName,
		strings.Repeat("é", 513):     ipc.ErrInvalidName,
		`\\host\mailslot\x`:          ipc.ErrUnsupported,
		`//host/mailslot/x`:          ipc.ErrUnsupported,
		`\\*\mailslot\x`:             ipc.ErrUnsupported,
		`\\192.168.0.1\mailslot\a\b`: ipc.ErrUnsupported,
		`Global\b`:                   ipc.ErrInvalidName, // which is not in this namespace
	} {
		if m, err := s.readers.CreateMailslot(name, nil); m != nil {
			t.Errorf("%q is created", name)
		} else {
			s.fails(err, want)
		}
		if w, err := s.writers.OpenMailslot(name); w != nil {
			t.Errorf("%q is opened", name)
		} else {
			s.fails(err, want)
		}
	}
}

// TestMailslotNamesAreNotShared: a mailslot and an event may have one name, and
// mailslots of different namespaces.
func TestMailslotNamesAreNotShared(t *testing.T) {
	s, other := newSlotScene(t), newSlotScene(t)
	m, err := s.readers.CreateMailslot("name", nil)
	s.ok(err)
	e, err := s.readers.CreateEvent("name", nil)
	s.ok(err)
	if e.Existed() {
		t.Error("the event is the mailslot")
	}
	_, err = other.writers.OpenMailslot("name")
	s.fails(err, ipc.ErrNotExist)
	apart, err := other.readers.CreateMailslot("name", nil)
	s.ok(err)
	w, err := other.writers.OpenMailslot("name")
	s.ok(err)
	s.put(w, "a")
	s.holds(m)
	s.holds(apart, "a")
}

// TestMailslotNamesAsTheyAre: dots and spaces at the end of a name, which Windows
// takes off many a path, belong to it.
func TestMailslotNamesAsTheyAre(t *testing.T) {
	s := newSlotScene(t)
	names := []string{"a", "a.", "a ", "a. .", "...", `a\b`, `a.\b`, `a \b`}
	var slots []*ipc.Mailslot
	for _, name := range names {
		m, err := s.readers.CreateMailslot(name, nil)
		s.ok(err)
		slots = append(slots, m)
	}
	for _, name := range names {
		w, err := s.writers.OpenMailslot(name)
		s.ok(err)
		s.put(w, name)
	}
	for i, m := range slots {
		s.holds(m, names[i])
	}
}

// TestMailslotDefaultNamespace: the package's functions use the namespace of the
// user, as those of other objects do.
func TestMailslotDefaultNamespace(t *testing.T) {
	s := &slotScene{T: t}
	name := fmt.Sprintf(`ipc-test\%d`, os.Getpid())
	m, err := ipc.CreateMailslot(name, nil)
	s.ok(err)
	defer m.Close()
	n, err := ipc.DefaultNamespace()
	s.ok(err)
	w, err := n.OpenMailslot(`\\.\mailslot\` + name)
	s.ok(err)
	defer w.Close()
	s.put(w, "a")
	s.holds(m, "a")
}
