//go:build linux

package linux

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// locked is ByteLocked for tests.
func locked(t *testing.T, f *os.File, index int64) bool {
	t.Helper()
	is, err := ByteLocked(f, index)
	must(t, err)
	return is
}

// P.1 locks; Q.1 sees it; P.2 is killed; Q.2 sees that, and locks.
func TestLockByteProvesLife(t *testing.T) {
	dir := shmDir(t)
	s := openTest(t, dir)
	const index = testSize + 17 // beyond the end is fine
	if locked(t, s.File(), index) {
		t.Fatal("locked before anybody locked it")
	}
	c := start(t, "lock", nil, dir, "1048593")
	c.expect("locked")
	if !locked(t, s.File(), index) {
		t.Error("the lock of a live process is not seen")
	}
	if locked(t, s.File(), index+1) {
		t.Error("the lock covers another byte")
	}
	if err := LockByte(s.File(), index); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("lock of a locked byte: %v, want EAGAIN", err)
	}
	c.kill()
	if locked(t, s.File(), index) {
		t.Error("the lock outlives its process")
	}
	must(t, LockByte(s.File(), index))
}

// Two opens of one segment in one process are as two processes.
func TestLockByteBelongsToTheOpenFile(t *testing.T) {
	dir := shmDir(t)
	a, b := openTest(t, dir), openTest(t, dir)
	must(t, LockByte(a.File(), 3))
	if locked(t, a.File(), 3) {
		t.Error("an open file sees its own lock")
	}
	if !locked(t, b.File(), 3) {
		t.Error("another open file does not see the lock")
	}
	other, err := os.Open(a.Path())
	must(t, err)
	must(t, other.Close())
	if !locked(t, b.File(), 3) {
		t.Error("the lock was lost by closing another descriptor")
	}
	must(t, UnlockByte(a.File(), 3))
	if locked(t, b.File(), 3) {
		t.Error("locked after the unlock")
	}
}

func TestLockByteOfAClosedFile(t *testing.T) {
	f, err := os.CreateTemp(shmDir(t), "")
	must(t, err)
	must(t, f.Close())
	if LockByte(f, 0) == nil {
		t.Error("lock: no error")
	}
	if UnlockByte(f, 0) == nil {
		t.Error("unlock: no error")
	}
	if _, err := ByteLocked(f, 0); err == nil {
		t.Error("look: no error")
	}
}
