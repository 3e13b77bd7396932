package foreign

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
)

// The program with itself: what is asserted of Windows here, by calls that this
// project has no part in, the tests of the root package expect of the package.

var names atomic.Int64

func newName() string { return fmt.Sprintf(`Local\ipc-foreign-%d-%d`, os.Getpid(), names.Add(1)) }

func pair(t *testing.T) (a, b *Peer) {
	t.Helper()
	a, b = Start(t), Start(t)
	t.Cleanup(func() { // before that of Start, which wants them to be gone
		for _, p := range []*Peer{a, b} {
			select {
			case <-p.Ended():
			default:
				p.Exit()
			}
		}
	})
	return a, b
}

func TestEvent(t *testing.T) {
	a, b := pair(t)
	for _, manual := range []int{0, 1} {
		name := newName()
		x, y := a.Do("create event %s %d 0", name, manual), b.Do("open event %s", name)
		b.Answers("TIMEOUT 0", "wait any 0 %d", y)
		a.Do("set %d", x)
		b.Answers("OK 0", "wait any 0 %d", y)
		again := []string{"TIMEOUT 0", "OK 0"}[manual]
		b.Answers(again, "wait any 0 %d", y)
		b.Do("reset %d", y)
		a.Answers("TIMEOUT 0", "wait any 0 %d", x)
		b.Sayf("wait any -1 %d", y)
		a.Do("set %d", x)
		b.Expect("OK 0")
	}
}

// TestPulse: a pulse is only seen by those who wait at that instant.
func TestPulse(t *testing.T) {
	a, b := pair(t)
	name := newName()
	x, y := a.Do("create event %s 1 0", name), b.Do("open event %s", name)
	a.Do("pulse %d", x)
	b.Answers("TIMEOUT 0", "wait any 0 %d", y)
	b.Sayf("wait any -1 %d", y)
	for {
		a.Do("pulse %d", x)
		select {
		case answer := <-b.Lines():
			if answer != "OK 0" {
				t.Errorf("the wait ends with %q", answer)
			}
			return
		default:
		}
	}
}

func TestMutex(t *testing.T) {
	a, b := pair(t)
	name := newName()
	x := a.Do("create mutex %s 1", name)
	b.Answers("EXISTED 1", "create mutex %s 1", name)
	b.Answers("TIMEOUT 0", "wait any 0 1")
	b.Answers("ERROR 288", "unlock 1") // ERROR_NOT_OWNER
	a.Answers("OK 0", "wait any 0 %d", x)
	a.Do("unlock %d", x)
	b.Answers("TIMEOUT 0", "wait any 0 1")
	a.Do("unlock %d", x)
	b.Answers("OK 0", "wait any 0 1")
	b.Do("unlock 1")
}

func TestSemaphore(t *testing.T) {
	a, b := pair(t)
	name := newName()
	x, y := a.Do("create semaphore %s 1 3", name), b.Do("open semaphore %s", name)
	b.Answers("OK 0", "wait any 0 %d", y)
	a.Answers("TIMEOUT 0", "wait any 0 %d", x)
	b.Answers("OK 0", "release %d 2", y)
	a.Answers("OK 2", "release %d 1", x)
	a.Answers("ERROR 298", "release %d 1", x) // ERROR_TOO_MANY_POSTS
}

func TestTimer(t *testing.T) {
	a, b := pair(t)
	name := newName()
	x, y := a.Do("create timer %s 0", name), b.Do("open timer %s", name)
	b.Answers("TIMEOUT 0", "wait any 0 %d", y)
	a.Do("arm %d 1 1", x)
	for range 3 {
		b.Answers("OK 0", "wait any -1 %d", y)
	}
	b.Do("cancel %d", y)
}

// TestMany: a wait for all takes all at one instant, one for any the first.
func TestMany(t *testing.T) {
	a, b := pair(t)
	name := newName()
	a.Do("create event %s-e 0 0", name)
	a.Do("create semaphore %s-s 0 1", name)
	b.Do("open event %s-e", name)
	b.Do("open semaphore %s-s", name)
	b.Sayf("wait all -1 1 2")
	a.Do("set 1")
	a.Answers("OK 0", "wait any 0 1") // the wait for all has left it
	a.Do("release 2 1")
	a.Answers("TIMEOUT 0", "wait all 0 1 2")
	a.Do("set 1")
	b.Expect("OK 0")
	a.Do("release 2 1")
	b.Answers("OK 1", "wait any 0 1 2")
	b.Sayf("signal 1 -1 2")
	a.Answers("OK 0", "wait any -1 1")
	a.Do("release 2 1")
	b.Expect("OK 0")
}

// TestDeath: whatever an owner dies of, its mutex is abandoned and the process
// is signalled.
func TestDeath(t *testing.T) {
	for name, die := range map[string]func(*Peer){
		"abort":  (*Peer).Abort,
		"return": func(p *Peer) { p.Exit() },
		"exit":   func(p *Peer) { p.Sayf("exit 3"); p.Wait() },
		"killed": func(p *Peer) { p.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			name := newName()
			a.Do("create mutex %s 1", name)
			b.Do("open mutex %s", name)
			b.Do("process %d", a.Do("pid"))
			b.Answers("TIMEOUT 0", "wait any 0 1 2")
			b.Sayf("wait any -1 1")
			die(a)
			b.Expect("ABANDONED 0")
			b.Answers("OK 0", "wait any -1 2")
			b.Do("unlock 1")
			b.Answers("OK 0", "wait any 0 1 2")
		})
	}
}

// TestNames: all kinds share their names, and an object lives as long as a
// handle to it.
func TestNames(t *testing.T) {
	a, b := pair(t)
	name := newName()
	a.Do("create event %sé 0 0", name)
	b.Answers("ERROR 6", "open mutex %sé", name)           // ERROR_INVALID_HANDLE
	b.Answers("ERROR 6", "create semaphore %sé 1 1", name) // likewise
	b.Do("open event %sé", name)
	a.Exit()
	b.Do("open event %sé", name)
	b.Do("close 1")
	b.Do("close 2")
	b.Answers("ERROR 2", "open event %sé", name) // ERROR_FILE_NOT_FOUND
	b.Answers("ERROR 6", "set 1")
	b.Answers("ERROR 1", "nonsense")
}
