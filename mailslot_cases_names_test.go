//go:build linux || windows

package ipc_test

import (
	"strings"

	"github.com/winsys-go/ipc"
)

func slotNoName(s *slotScene) {
	for _, name := range []string{"", `\\.\blah`, `\\.\mailslot`, `\\.\mailslot\`, `\\.\pipe\blah`, `\\blah`} {
		_, err := s.readers.CreateMailslot(name, nil)
		s.fails(err, ipc.ErrInvalidName)
		_, err = s.writers.OpenMailslot(name)
		s.fails(err, ipc.ErrInvalidName)
	}
	// What Windows refuses, a name without \\.\mailslot\, is a name here.
	m, err := s.readers.CreateMailslot("blah", nil)
	s.ok(err)
	s.holds(m)
}

func slotPath(s *slotScene) {
	m, err := s.readers.CreateMailslot(`\\.\mailslot\abc\def\ghi`, nil)
	s.ok(err)
	w, err := s.writers.OpenMailslot(`\\.\mailslot\abc\def\ghi`)
	s.ok(err)
	s.put(w, "a")
	s.holds(m, "a")
	// Its directories are no mailslots.
	_, err = s.writers.OpenMailslot(`\\.\mailslot\abc\def`)
	s.fails(err, ipc.ErrNotExist)
}

func slotCaseOfLetters(s *slotScene) {
	m := s.create(nil)
	for _, name := range []string{strings.ToUpper(slotName), strings.ToLower(slotName)} {
		w, err := s.writers.OpenMailslot(name)
		s.ok(err)
		s.put(w, name)
		_, err = s.readers.CreateMailslot(name, nil)
		s.fails(err, ipc.ErrExist, codeAlreadyExists)
	}
	s.holds(m, strings.ToUpper(slotName), strings.ToLower(slotName))
}

func slotNameIsFree(s *slotScene) {
	for range 3 {
		m := s.create(nil)
		_, err := s.writers.CreateMailslot(slotName, nil)
		s.fails(err, ipc.ErrExist, codeAlreadyExists)
		s.ok(m.Close())
	}
}

func slotNoReader(s *slotScene) {
	_, err := s.writers.OpenMailslot(slotName)
	s.fails(err, ipc.ErrNotExist, codeFileNotFound)
	m := s.create(nil) // which that has not made
	s.ok(m.Close())
	_, err = s.writers.OpenMailslot(slotName)
	s.fails(err, ipc.ErrNotExist, codeFileNotFound)
}

func slotSharesNot(s *slotScene) {
	s.Skip("all writers share: there is no such option")
}

func slotTwoWriters(s *slotScene) {
	m, first := s.pair(nil)
	second := s.open()
	s.put(first, "1")
	s.put(second, "2")
	s.put(first, "3")
	s.holds(m, "1", "2", "3")
}

func slotLongestName(s *slotScene) {
	const longest = 1024 // that of all objects here; NT has 32,766 units
	name := strings.Repeat("n", longest)
	m, err := s.readers.CreateMailslot(name, nil)
	s.ok(err)
	w, err := s.writers.OpenMailslot(strings.ToUpper(name))
	s.ok(err)
	s.put(w, "a")
	s.holds(m, "a")
	_, err = s.readers.CreateMailslot(name+"n", nil)
	s.fails(err, ipc.ErrInvalidName)
}
