//go:build linux

package linux

import (
	"errors"
	"sync/atomic"
	"testing"
)

// P.1 and P.2 enlist; each has a word of its own, and what is free is found.
func TestEnlistTakesWordsThatAreFree(t *testing.T) {
	for _, how := range []string{"enlist", "byte"} {
		dir := shmDir(t)
		s := openTest(t, dir)
		atomic.StoreUint32(place(s, 2), 7) // somebody's
		first := start(t, "alive", nil, dir, how, "1")
		first.expect("ready")
		second := start(t, "alive", nil, dir, how, "1")
		second.expect("ready")
		for i, free := range []bool{true, false, false, false, true} {
			if v := atomic.LoadUint32(place(s, i)); (v == 0) != free {
				t.Errorf("%s: word %d is %#x", how, i, v)
			}
		}
	}
}

// Without robust lists nothing changes the word of a dead process, but its lock
// is gone.
func TestEnlistByLock(t *testing.T) {
	dir := shmDir(t)
	s := openTest(t, dir)
	c := start(t, "alive", nil, dir, "byte", "1")
	c.expect("ready")
	w := place(s, 1)
	if v := atomic.LoadUint32(w); v&byteLocked == 0 || v&OwnerDied != 0 {
		t.Fatalf("the word is %#x", v)
	}
	system := &System{segment: s, mem: s.Bytes()}
	if system.Gone(w) {
		t.Error("a live process is gone")
	}
	c.kill()
	if v := atomic.LoadUint32(w); v&byteLocked == 0 || !system.Gone(w) {
		t.Errorf("killed, the word is %#x and gone is %v", v, system.Gone(w))
	}
}

// An error of pick undoes what it claimed, before Enlist returns.
func TestEnlistUndoesAFailedPick(t *testing.T) {
	bad := errors.New("as told")
	for _, without := range []bool{false, true} {
		noRobustList.Store(without)
		s := openTest(t, shmDir(t))
		w := place(s, 1)
		err := Enlist(s.Bytes(), s.File(), func(try func(*uint32) bool) error {
			if !try(w) {
				t.Error("a free word was not to be had")
			}
			return bad
		}, func() { t.Error("body ran") }, func() { t.Error("it left") })
		if err != bad {
			t.Errorf("%v, want pick's error", err)
		}
		if v := atomic.LoadUint32(w); v != 0 {
			t.Errorf("the word is %#x", v)
		}
	}
	noRobustList.Store(false)
}

// Whoever is told that the thread has left finds the word free.
func TestEnlistTellsWhenTheWordIsFree(t *testing.T) {
	defer noRobustList.Store(false)
	for _, without := range []bool{false, true} {
		noRobustList.Store(without)
		s := openTest(t, shmDir(t))
		w := place(s, 1)
		claim := func(try func(*uint32) bool) error {
			if !try(w) {
				t.Error("a free word was not to be had")
			}
			return nil
		}
		left := make(chan uint32)
		if err := Enlist(s.Bytes(), s.File(), claim, func() {}, func() { left <- atomic.LoadUint32(w) }); err != nil {
			t.Fatal(err)
		}
		if v := <-left; v != 0 {
			t.Errorf("the word is %#x", v)
		}
	}
}
