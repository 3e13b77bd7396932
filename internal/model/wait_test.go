package model

import (
	"fmt"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

func (l *lab) signalAndWait(as OwnerID, signal, wait HandleID) string {
	id, err := l.SignalAndWait(as, signal, wait)
	if err != nil {
		return word(err)
	}
	return l.state(id)
}

func many(l *lab, n int, spec backend.Spec) (hs []HandleID) {
	for range n {
		hs = append(hs, l.create(spec))
	}
	return hs
}

func TestWaits(t *testing.T) {
	auto := backend.Spec{Kind: backend.Event, Set: true}
	manual := backend.Spec{Kind: backend.Event, Set: true, ManualReset: true}
	cases{
		"WA-01": func(l *lab) {
			e := l.auto(true)
			l.ok(l.CloseHandle(e))
			l.want(l.any(e), "CLOSED")
			l.want(l.any(0), "INVALID")
			l.wantErr(l.CloseHandle(0), backend.ErrInvalid)
		},
		"WA-03": func(l *lab) { l.want(l.any(l.auto(false)), "TIMEOUT") },
		"WA-06": func(l *lab) {
			hs := many(l, 64, manual)
			for i := range hs {
				l.want(l.any(hs...), fmt.Sprintf("OK(%d)", i))
				l.want(l.any(hs...), fmt.Sprintf("OK(%d)", i))
				l.ok(l.ResetEvent(hs[i]))
			}
		},
		"WA-07": func(l *lab) {
			hs := many(l, 64, auto)
			for i := range hs {
				l.want(l.any(hs...), fmt.Sprintf("OK(%d)", i))
			}
			l.want(l.any(hs...), "TIMEOUT")
		},
		"WA-08 WA-09": func(l *lab) {
			l.want(l.any()+l.all(), "INVALIDINVALID")
			hs := many(l, 65, auto)
			l.want(l.any(hs...)+l.all(hs...), "INVALIDINVALID")
			l.want(l.all(hs[:64]...), "OK(0)")
		},
		"WA-10": func(l *lab) {
			hs := many(l, 64, backend.Spec{Kind: backend.Event})
			id := l.blockAny(hs...)
			l.ok(l.SetEvent(hs[63]))
			l.want(l.state(id), "OK(63)")
			hs = many(l, 64, auto)
			l.want(l.all(hs...), "OK(0)")
			l.want(l.any(hs...), "TIMEOUT")
		},
		"WA-12": func(l *lab) {
			m0, a1 := l.manual(true), l.auto(true)
			l.want(l.any(m0, a1), "OK(0)")
			l.is(a1, true)
			l.ok(l.ResetEvent(m0))
			l.want(l.any(m0, a1), "OK(1)")
			l.want(l.any(m0, a1), "TIMEOUT")
		},
		"WA-13": func(l *lab) {
			a0, m1 := l.auto(true), l.manual(true)
			l.want(l.any(a0, m1)+l.any(a0, m1)+l.any(a0, m1), "OK(0)OK(1)OK(1)")
		},
		"WA-15": func(l *lab) {
			e := l.auto(true)
			l.want(l.any(e, e), "OK(0)")
			l.want(l.any(e, e), "TIMEOUT")
			id := l.blockAny(e, e)
			l.ok(l.SetEvent(e))
			l.want(l.state(id), "OK(0)")
		},
		"WA-16 WA-17": func(l *lab) {
			h1 := l.create(backend.Spec{Kind: backend.Event, Name: "e", Set: true})
			h2 := l.open(backend.Event, "e")
			for _, hs := range [][]HandleID{{h1, h1}, {h1, h2}} {
				l.want(l.all(hs...), "INVALID")
				_, err := l.Wait(NoOwner, true, hs...)
				l.wantErr(err, backend.ErrInvalid)
			}
			l.is(h1, true)
			l.want(l.any(h2, h1), "OK(0)")
		},
		"WA-18": func(l *lab) {
			e0, e1, e2 := l.auto(true), l.auto(false), l.auto(true)
			l.want(l.all(e0, e1, e2), "TIMEOUT")
			l.want(l.any(e0)+l.any(e1)+l.any(e2), "OK(0)TIMEOUTOK(0)")
		},
		"WA-19": func(l *lab) {
			hs := many(l, 3, auto)
			l.want(l.all(hs...), "OK(0)")
			l.want(l.any(hs...), "TIMEOUT")
		},
		"WA-20 a third party takes from under a wait for all": func(l *lab) {
			e0, e1 := l.auto(false), l.auto(false)
			id := l.blockAll(e0, e1)
			l.ok(l.SetEvent(e0))
			l.want(l.any(e0), "OK(0)")
			l.ok(l.SetEvent(e1))
			l.want(l.state(id), "BLOCKED")
			l.ok(l.SetEvent(e0))
			l.want(l.state(id), "OK(0)")
		},
		"WA-21": func(l *lab) {
			t1, t2 := l.owner(), l.owner()
			s, m, M, a := l.semaphore(0, 3), l.mutex(), l.manual(true), l.auto(true)
			l.want(l.by(t2, m), "OK(0)")
			id := l.block(t1, true, s, m, M, a)
			l.release(s, 1, 0)
			l.ok(l.ResetEvent(a), l.Unlock(t2, m))
			l.want(l.state(id), "BLOCKED")
			l.counts(s, 1)
			l.want(l.by(t2, m), "OK(0)") // free, so others may take it
			l.ok(l.SetEvent(a))
			l.want(l.state(id), "BLOCKED")
			l.ok(l.Unlock(t2, m))
			l.want(l.state(id), "OK(0)")
			l.counts(s, 0)
			l.is(M, true)
			l.is(a, false)
			l.ok(l.Unlock(t1, m))
			l.wantErr(l.Unlock(t1, m), backend.ErrNotOwner)
		},
		"WA-22": func(l *lab) {
			e0, e1 := l.auto(false), l.auto(true)
			id := l.blockAll(e0, e1)
			l.Cancel(id)
			l.want(l.state(id), "CANCELLED")
			l.is(e1, true)
			l.ok(l.SetEvent(e0))
			l.want(l.all(e0, e1), "OK(0)")
		},
		"WA-24": func(l *lab) {
			e0, e1 := l.auto(false), l.auto(false)
			ids := []WaiterID{l.blockAll(e0, e1), l.blockAll(e0, e1)}
			l.ok(l.SetEvent(e0), l.SetEvent(e1))
			l.states(ids, "OK(0)", "BLOCKED")
			l.ok(l.SetEvent(e1), l.SetEvent(e0))
			l.states(ids, "OK(0)", "OK(0)")
		},
		"WA-25": func(l *lab) {
			a, b := l.auto(false), l.auto(false)
			for range 100 {
				x, y := l.blockAll(a, b), l.blockAll(b, a)
				l.ok(l.SetEvent(a), l.SetEvent(b), l.SetEvent(b), l.SetEvent(a))
				l.want(l.state(x)+l.state(y), "OK(0)OK(0)")
			}
		},
		"WA-27 WA-28": func(l *lab) {
			e, bad := l.auto(true), l.auto(true)
			l.ok(l.CloseHandle(bad))
			l.want(l.any(e, bad)+l.any(bad, e)+l.all(e, bad), "CLOSEDCLOSEDCLOSED")
			l.want(l.any(e, 0), "INVALID")
			l.is(e, true)
			_, err := l.Wait(NoOwner, false, e, bad)
			l.wantErr(err, backend.ErrClosed)
			l.is(e, true)
		},
		"WA-33": func(l *lab) {
			e, f := l.auto(false), l.auto(true)
			bad := l.auto(true)
			l.ok(l.CloseHandle(bad))
			l.want(l.signalAndWait(NoOwner, 0, f)+l.signalAndWait(NoOwner, e, 0), "INVALIDINVALID")
			l.want(l.signalAndWait(NoOwner, bad, f)+l.signalAndWait(NoOwner, e, bad), "CLOSEDCLOSED")
			l.is(e, false)
			l.is(f, true)
		},
		"WA-34": func(l *lab) {
			e, f := l.auto(false), l.auto(false)
			id, err := l.SignalAndWait(NoOwner, e, f)
			l.ok(err)
			l.want(l.state(id), "BLOCKED")
			l.Cancel(id)
			l.is(e, true)
		},
		"WA-35 a semaphore": func(l *lab) {
			s, f := l.semaphore(0, 1), l.auto(true)
			l.want(l.signalAndWait(NoOwner, s, f), "OK(0)")
			l.counts(s, 1)
			l.ok(l.SetEvent(f))
			l.want(l.signalAndWait(NoOwner, s, f), "TOO_MANY_POSTS")
			l.is(f, true)
		},
		"WA-36": func(l *lab) {
			m, f := l.mutex(), l.auto(true)
			l.want(l.signalAndWait(NoOwner, m, f), "NOT_OWNER")
			l.is(f, true)
		},
		"WA-37": func(l *lab) {
			t1, t2, m, f := l.owner(), l.owner(), l.mutex(), l.auto(true)
			l.want(l.by(t1, m), "OK(0)")
			l.want(l.signalAndWait(t1, m, f), "OK(0)")
			l.want(l.by(t2, m), "OK(0)")
		},
		"WA-38 a timer cannot be signalled": func(l *lab) {
			l.want(l.signalAndWait(NoOwner, l.timer(false), l.auto(true)), "INVALID")
		},
		"WA-39": func(l *lab) {
			t1, e, m := l.owner(), l.auto(false), abandoned(l)
			l.want(l.signalAndWait(t1, e, m), "ABANDONED(0)")
			l.ok(l.Unlock(t1, m))
			l.is(e, true)
		},
		"signal and wait is one step": func(l *lab) {
			e := l.auto(false)
			first := l.blockAny(e)
			l.want(l.signalAndWait(NoOwner, e, e), "BLOCKED")
			l.want(l.state(first), "OK(0)")
			m := l.create(backend.Spec{Kind: backend.Mutex, Owned: true})
			l.want(l.signalAndWait(NoOwner, m, m), "OK(0)")
		},
		"closing a handle ends the waits that name it": func(l *lab) {
			h1 := l.create(backend.Spec{Kind: backend.Event, Name: "e"})
			h2, f := l.open(backend.Event, "e"), l.auto(false)
			ids := []WaiterID{l.blockAny(f, h1), l.blockAll(h1, f), l.blockAny(h2), l.blockAny(h2, h1)}
			l.ok(l.CloseHandle(h1))
			l.states(ids, "CLOSED", "CLOSED", "BLOCKED", "CLOSED")
			l.ok(l.SetEvent(f))
			l.is(f, true)
		},
		"a cancel that comes too late": func(l *lab) {
			e := l.auto(false)
			id := l.blockAny(e)
			l.ok(l.SetEvent(e))
			if l.Cancel(id) || l.Cancel(0) {
				l.Fatal("it had succeeded")
			}
			l.want(l.state(id), "OK(0)")
			l.is(e, false)
		},
		"completions are told once, in their order": func(l *lab) {
			e, f := l.auto(false), l.manual(false)
			x, y, z := l.blockAny(f), l.blockAny(e), l.blockAny(f)
			l.ok(l.SetEvent(e), l.SetEvent(f))
			var got []WaiterID
			for _, c := range l.Completed() {
				got = append(got, c.ID)
			}
			l.want(fmt.Sprint(got), fmt.Sprint([]WaiterID{y, x, z}))
			l.want(fmt.Sprint(l.Completed(), l.state(x)), "[]GONE")
		},
		"handles of one process only": func(l *lab) {
			e, p2 := l.auto(true), l.NewProcess()
			f, _, err := l.Create(p2, NoOwner, backend.Spec{Kind: backend.Event})
			l.ok(err)
			l.want(l.any(e, f)+l.signalAndWait(NoOwner, f, e), "INVALIDINVALID")
			l.is(e, true)
		},
	}.run(t)
}

// A wait for any that leaves a free mutex to the wait ahead of it gets another one,
// unless that one waits for more and so was not told to come.
func TestGrantBehind(t *testing.T) {
	for _, c := range []struct {
		name  string
		all   bool
		ahead func(a, b HandleID) []HandleID
		want  string
	}{
		{"one", false, func(a, _ HandleID) []HandleID { return []HandleID{a} }, "[true false true true true]OK(0)OK(1)"},
		{"twice the same", false, func(a, _ HandleID) []HandleID { return []HandleID{a, a} }, "[true false true true true]OK(0)OK(1)"},
		{"any of two", false, func(a, b HandleID) []HandleID { return []HandleID{a, b} }, "[true true true false true]OK(1)OK(0)"},
		{"all of one", true, func(a, _ HandleID) []HandleID { return []HandleID{a} }, "[true true true false false]BLOCKEDOK(0)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			t1, t2, a, b := l.owner(), l.owner(), l.mutex(), l.mutex()
			l.want(l.any(a)+l.any(b), "OK(0)OK(0)")
			ahead, behind := l.block(t1, c.all, c.ahead(a, b)...), l.block(t2, false, a, b)

			l.Barging = true
			granted := []bool{l.Unlock(NoOwner, a) == nil, l.GrantBehind(behind), l.Unlock(NoOwner, b) == nil, l.GrantBehind(behind), l.Grant(ahead)}
			l.Barging = false
			l.want(fmt.Sprint(granted)+l.state(ahead)+l.state(behind), c.want)
		})
	}
}
