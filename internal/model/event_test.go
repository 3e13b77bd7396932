package model

import (
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

func eachKind(f func(l *lab, e HandleID)) func(*lab) {
	return func(l *lab) {
		f(l, l.auto(false))
		f(l, l.manual(false))
	}
}

func five(l *lab, e HandleID) (ids []WaiterID) {
	for range 5 {
		ids = append(ids, l.blockAny(e))
	}
	return ids
}

func TestEvents(t *testing.T) {
	cases{
		"EV-01": func(l *lab) {
			e := l.auto(false)
			l.want(l.any(e), "TIMEOUT")
			l.ok(l.SetEvent(e))
			l.want(l.any(e), "OK(0)")
			l.want(l.any(e), "TIMEOUT")
		},
		"EV-02": func(l *lab) {
			e := l.auto(true)
			l.want(l.any(e), "OK(0)")
			l.want(l.any(e), "TIMEOUT")
		},
		"EV-04": func(l *lab) {
			e := l.manual(false)
			l.want(l.any(e), "TIMEOUT")
			l.ok(l.SetEvent(e))
			l.want(l.any(e), "OK(0)")
			l.want(l.any(e), "OK(0)")
		},
		"EV-05": eachKind(func(l *lab, e HandleID) {
			for _, set := range []bool{true, true, false, false} {
				if set {
					l.ok(l.SetEvent(e))
				} else {
					l.ok(l.ResetEvent(e))
				}
				l.is(e, set)
			}
		}),
		"EV-07": eachKind(func(l *lab, e HandleID) {
			l.ok(l.SetEvent(e), l.ResetEvent(e))
			l.want(l.any(e), "TIMEOUT")
		}),
		"EV-08": func(l *lab) {
			e := l.manual(false)
			ids := five(l, e)
			l.ok(l.SetEvent(e), l.ResetEvent(e))
			l.states(ids, "OK(0)", "OK(0)", "OK(0)", "OK(0)", "OK(0)")
			l.want(l.any(e), "TIMEOUT")
		},
		"EV-10": func(l *lab) {
			e := l.auto(false)
			ids := five(l, e)
			l.ok(l.SetEvent(e))
			l.states(ids, "OK(0)", "BLOCKED", "BLOCKED", "BLOCKED", "BLOCKED")
			l.is(e, false)
		},
		"EV-11": func(l *lab) {
			e := l.auto(false)
			ids := []WaiterID{l.blockAny(e), l.blockAny(e)}
			l.ok(l.SetEvent(e), l.SetEvent(e))
			l.states(ids, "OK(0)", "OK(0)")
			l.is(e, false)
		},
		"EV-12 two sets with one waiter leave one signal": func(l *lab) {
			e := l.auto(false)
			id := l.blockAny(e)
			l.ok(l.SetEvent(e), l.SetEvent(e))
			l.want(l.state(id), "OK(0)")
			l.is(e, true)
		},
		"EV-13": func(l *lab) {
			e := l.auto(false)
			ids := five(l, e)
			for i := range ids {
				l.ok(l.SetEvent(e))
				l.want(l.state(ids[i]), "OK(0)")
				if l.blocked(ids) != 4-i {
					l.Fatal("not in the order of the queue")
				}
			}
		},
		"EV-14": eachKind(func(l *lab, e HandleID) {
			l.ok(l.PulseEvent(e))
			l.want(l.any(e), "TIMEOUT")
		}),
		"EV-15 a pulse clears an event that was set": func(l *lab) {
			for _, e := range []HandleID{l.auto(true), l.manual(true)} {
				l.ok(l.PulseEvent(e))
				l.want(l.any(e), "TIMEOUT")
			}
		},
		"EV-16": func(l *lab) {
			e := l.manual(false)
			ids := five(l, e)
			l.ok(l.PulseEvent(e))
			l.states(ids, "OK(0)", "OK(0)", "OK(0)", "OK(0)", "OK(0)")
			l.want(l.any(e), "TIMEOUT")
		},
		"EV-17": func(l *lab) {
			e := l.auto(false)
			ids := five(l, e)
			for left := 4; left >= 0; left-- {
				l.ok(l.PulseEvent(e))
				l.is(e, false)
				if l.blocked(ids) != left {
					l.Fatal("a pulse must release one")
				}
			}
		},
		"EV-19": eachKind(func(l *lab, e HandleID) {
			f := l.auto(false)
			id := l.blockAll(e, f)
			l.ok(l.PulseEvent(e), l.SetEvent(f))
			l.want(l.state(id), "BLOCKED")
			l.ok(l.SetEvent(e))
			l.want(l.state(id), "OK(0)")
		}),
		"EV-19 a pulse completes a wait for all": eachKind(func(l *lab, e HandleID) {
			f := l.auto(true)
			id := l.blockAll(e, f)
			l.ok(l.PulseEvent(e))
			l.want(l.state(id), "OK(0)")
			l.is(f, false)
		}),
		"EV-20": func(l *lab) {
			e, s := l.auto(false), l.semaphore(0, 3)
			id := l.blockAny(s, e)
			l.ok(l.SetEvent(e))
			l.want(l.state(id), "OK(1)")
			l.is(e, false)
			l.counts(s, 0)
		},
		"EV-22": func(l *lab) {
			h1 := l.create(backend.Spec{Kind: backend.Event, Name: "e", ManualReset: true})
			h2 := l.open(backend.Event, "e")
			l.ok(l.SetEvent(h1))
			l.want(l.any(h2), "OK(0)")
			l.ok(l.ResetEvent(h2))
			l.want(l.any(h1), "TIMEOUT")
		},
		"EV-23": func(l *lab) {
			a, b := l.auto(false), l.auto(false)
			for range 10 {
				p2 := l.blockAny(a)
				p1, err := l.SignalAndWait(NoOwner, a, b)
				l.ok(err)
				l.want(l.state(p2)+l.state(p1), "OK(0)BLOCKED")
				l.ok(l.SetEvent(b))
				l.want(l.state(p1), "OK(0)")
			}
		},
		"EV-24 attributes of the second creator are ignored": func(l *lab) {
			l.create(backend.Spec{Kind: backend.Event, Name: "e"})
			h, existed, err := l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Event, Name: "e", ManualReset: true, Set: true, Permanent: true})
			l.ok(err)
			if !existed {
				l.Fatal("it existed")
			}
			l.is(h, false)
			l.ok(l.SetEvent(h))
			l.want(l.any(h), "OK(0)")
			l.want(l.any(h), "TIMEOUT")
			if i, _ := l.Info(h); i.Permanent {
				l.Fatal("it became permanent")
			}
		},
		"EV-25": func(l *lab) {
			h1 := l.create(backend.Spec{Kind: backend.Event, Name: "e"})
			h2, _, err := l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Event, Name: "e", ManualReset: true})
			l.ok(err, l.CloseHandle(h1), l.SetEvent(h2))
			l.want(l.any(h2), "OK(0)")
			l.want(l.any(h2), "TIMEOUT")
		},
		"EV-26": func(l *lab) {
			e := l.auto(false)
			l.ok(l.CloseHandle(e), l.CloseHandle(e))
			for _, f := range []func(HandleID) error{l.SetEvent, l.ResetEvent, l.PulseEvent} {
				l.wantErr(f(e), backend.ErrClosed)
				l.wantErr(f(0), backend.ErrInvalid)
			}
			_, err := l.IsSet(e)
			l.wantErr(err, backend.ErrClosed)
			l.wantErr(l.SetEvent(l.mutex()), backend.ErrInvalid)
		},
		"EV-28": func(l *lab) {
			es := tenEvents(l)
			l.ok(l.SetEvent(es[5]))
			l.want(l.any(es...), "OK(5)")
			l.want(l.any(es...), "TIMEOUT")
		},
		"EV-29": func(l *lab) {
			es := tenEvents(l)
			id := l.blockAll(es...)
			for _, e := range es {
				l.want(l.state(id), "BLOCKED")
				l.ok(l.SetEvent(e))
			}
			l.want(l.state(id), "OK(0)")
			l.want(l.all(es...), "TIMEOUT")
		},
	}.run(t)
}

func tenEvents(l *lab) (es []HandleID) {
	for range 10 {
		es = append(es, l.auto(false))
	}
	return es
}
