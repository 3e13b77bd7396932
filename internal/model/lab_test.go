package model

import (
	"errors"
	"fmt"
	"math/bits"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A lab is a world for one test, with a process and short names for what the
// tests do most. Results are words: OK(i), ABANDONED(i,j…), TIMEOUT for a poll
// that found nothing, BLOCKED for a wait that goes on, or the name of an error.
type lab struct {
	*testing.T
	*World
	p ProcessID
}

var dawn = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

func newLab(t *testing.T) *lab {
	l := &lab{T: t, World: New(dawn)}
	l.p = l.NewProcess()
	t.Cleanup(l.check)
	return l
}

func (l *lab) check() {
	l.Helper()
	if err := l.Check(); err != nil {
		l.Fatal(err)
	}
}

// want compares words; between any two operations the invariants hold.
func (l *lab) want(got, want string) {
	l.Helper()
	l.check()
	if got != want {
		l.Fatalf("got %s, want %s", got, want)
	}
}

func (l *lab) wantErr(got, want error) {
	l.Helper()
	l.want(word(got), word(want))
}

func (l *lab) ok(errs ...error) {
	l.Helper()
	for _, err := range errs {
		l.wantErr(err, nil)
	}
}

var words = []struct {
	err  error
	word string
}{
	{nil, "OK"},
	{backend.ErrClosed, "CLOSED"},
	{backend.ErrNotExist, "NOT_EXIST"},
	{backend.ErrInvalid, "INVALID"},
	{backend.ErrInvalidUse, "INVALID_USE"},
	{backend.ErrInvalidName, "INVALID_NAME"},
	{backend.ErrNotOwner, "NOT_OWNER"},
	{backend.ErrTooManyPosts, "TOO_MANY_POSTS"},
	{backend.ErrWrongType, "WRONG_TYPE"},
	{backend.ErrNoProcess, "NO_PROCESS"},
}

func word(err error) string {
	for _, w := range words {
		if errors.Is(err, w.err) {
			return w.word
		}
	}
	return "?" + err.Error()
}

func success(r backend.WaitResult) string {
	if r.Abandoned == 0 {
		return fmt.Sprintf("OK(%d)", r.Index)
	}
	s, mask := "", r.Abandoned
	for ; mask != 0; mask &= mask - 1 {
		s += fmt.Sprintf(",%d", bits.TrailingZeros64(mask))
	}
	return "ABANDONED(" + s[1:] + ")"
}

func (l *lab) create(s backend.Spec) HandleID {
	l.Helper()
	h, _, err := l.Create(l.p, NoOwner, s)
	l.ok(err)
	return h
}

func (l *lab) open(k backend.Kind, name string) HandleID {
	l.Helper()
	h, err := l.Open(l.p, k, name)
	l.ok(err)
	return h
}

func (l *lab) auto(set bool) HandleID {
	return l.create(backend.Spec{Kind: backend.Event, Set: set})
}

func (l *lab) manual(set bool) HandleID {
	return l.create(backend.Spec{Kind: backend.Event, ManualReset: true, Set: set})
}

func (l *lab) mutex() HandleID { return l.create(backend.Spec{Kind: backend.Mutex}) }

func (l *lab) semaphore(initial, limit int) HandleID {
	return l.create(backend.Spec{Kind: backend.Semaphore, Initial: initial, Max: limit})
}

func (l *lab) timer(manual bool) HandleID {
	return l.create(backend.Spec{Kind: backend.Timer, ManualReset: manual})
}

func (l *lab) owner() OwnerID {
	l.Helper()
	o, err := l.NewOwner(l.p)
	l.ok(err)
	return o
}

// poll is wait(h,0), any(hs,0) or all(hs,0) of conformance suites.
func (l *lab) poll(as OwnerID, all bool, hs ...HandleID) string {
	r, ok, err := l.Try(as, all, hs...)
	switch {
	case err != nil:
		return word(err)
	case !ok:
		return "TIMEOUT"
	}
	return success(r)
}

func (l *lab) any(hs ...HandleID) string { return l.poll(NoOwner, false, hs...) }
func (l *lab) all(hs ...HandleID) string { return l.poll(NoOwner, true, hs...) }

// by is wait(h,0) by an owner.
func (l *lab) by(as OwnerID, h HandleID) string { return l.poll(as, false, h) }

// block starts waits that nobody satisfies yet.
func (l *lab) block(as OwnerID, all bool, hs ...HandleID) WaiterID {
	l.Helper()
	id, err := l.Wait(as, all, hs...)
	l.ok(err)
	l.want(l.state(id), "BLOCKED")
	return id
}

func (l *lab) blockAny(hs ...HandleID) WaiterID { l.Helper(); return l.block(NoOwner, false, hs...) }
func (l *lab) blockAll(hs ...HandleID) WaiterID { l.Helper(); return l.block(NoOwner, true, hs...) }

func (l *lab) state(id WaiterID) string {
	x := l.Waiter(id)
	switch x.Status {
	case Granted:
		return success(x.Result)
	case Blocked:
		return "BLOCKED"
	case Cancelled:
		return "CANCELLED"
	case Closed:
		return "CLOSED"
	}
	return "GONE"
}

// states compares several waits.
func (l *lab) states(ids []WaiterID, want ...string) {
	l.Helper()
	for i, id := range ids {
		l.want(fmt.Sprint(i, l.state(id)), fmt.Sprint(i, want[i]))
	}
}

// count gives how many of the waits are still blocked.
func (l *lab) blocked(ids []WaiterID) (n int) {
	for _, id := range ids {
		if l.Waiter(id).Status == Blocked {
			n++
		}
	}
	return n
}

func (l *lab) is(h HandleID, set bool) {
	l.Helper()
	got, err := l.IsSet(h)
	l.ok(err)
	l.want(fmt.Sprint(got), fmt.Sprint(set))
}

func (l *lab) release(h HandleID, n int, previous int) {
	l.Helper()
	got, err := l.Release(h, n)
	l.ok(err)
	l.want(fmt.Sprint(got), fmt.Sprint(previous))
}

func (l *lab) counts(h HandleID, want int) {
	l.Helper()
	i, err := l.Info(h)
	l.ok(err)
	l.want(fmt.Sprint(i.Count), fmt.Sprint(want))
}

// cases runs functions as subtests, in the order of their names.
type cases map[string]func(*lab)

func (c cases) run(t *testing.T) {
	for name, f := range c {
		t.Run(name, func(t *testing.T) { f(newLab(t)) })
	}
}

const ms = time.Millisecond
