package model

import (
	"math"
	"testing"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

func TestTimers(t *testing.T) {
	cases{
		"TI-01": func(l *lab) {
			l.want(l.any(l.timer(false)), "TIMEOUT")
			l.want(l.any(l.timer(true)), "TIMEOUT")
		},
		"TI-03": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 20*ms, 0))
			id := l.blockAny(a)
			l.Advance(20*ms - 1)
			l.want(l.state(id), "BLOCKED")
			l.Advance(1)
			l.want(l.state(id), "OK(0)")
			id = l.blockAny(a)
			l.Advance(time.Hour)
			l.want(l.state(id), "BLOCKED")
		},
		"TI-04": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 20*ms, 30*ms))
			ids := []WaiterID{l.blockAny(a), l.blockAny(a), l.blockAny(a)}
			l.Advance(20 * ms)
			l.states(ids, "OK(0)", "BLOCKED", "BLOCKED")
			l.want(l.any(a), "TIMEOUT")
			l.Advance(60*ms - 1)
			l.states(ids, "OK(0)", "OK(0)", "BLOCKED")
			l.Advance(1)
			l.states(ids, "OK(0)", "OK(0)", "OK(0)")
			l.is(a, false)
		},
		"TI-06": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 50*ms, 0), l.CancelTimer(a))
			l.Advance(200 * ms)
			l.want(l.any(a), "TIMEOUT")
		},
		"TI-07": func(l *lab) {
			m := l.timer(true)
			l.ok(l.SetTimer(m, ms, ms))
			l.Advance(ms)
			l.ok(l.CancelTimer(m))
			l.want(l.any(m), "OK(0)")
		},
		"TI-08 cancel ends the periods": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, ms, ms))
			l.Advance(ms)
			l.want(l.any(a), "OK(0)")
			l.ok(l.CancelTimer(a))
			l.Advance(time.Hour)
			l.want(l.any(a), "TIMEOUT")
		},
		"TI-09": func(l *lab) {
			a := l.timer(false)
			l.ok(l.CancelTimer(a), l.SetTimer(a, ms, 0), l.CancelTimer(a), l.CancelTimer(a))
		},
		"TI-10": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 300*ms, 0))
			id := l.blockAny(a)
			l.ok(l.CancelTimer(a))
			l.Advance(time.Second)
			l.want(l.state(id), "BLOCKED")
		},
		"TI-11 set clears a signal": func(l *lab) {
			m := l.timer(true)
			l.ok(l.SetTimer(m, 0, 0))
			l.want(l.any(m), "OK(0)")
			l.ok(l.SetTimer(m, time.Second, 0))
			l.want(l.any(m), "TIMEOUT")
			l.Advance(time.Second)
			l.want(l.any(m), "OK(0)")
		},
		"TI-12": func(l *lab) {
			for _, timer := range []HandleID{l.timer(false), l.timer(true)} {
				l.ok(l.SetTimer(timer, 0, 0))
				l.is(timer, true)
				l.ok(l.SetTimer(timer, 0, 0))
				l.is(timer, true)
				l.want(l.any(timer), "OK(0)")
			}
		},
		"TI-12 and those who wait have it": func(l *lab) {
			a := l.timer(false)
			x, y := l.blockAny(a), l.blockAny(a)
			l.ok(l.SetTimer(a, 0, 0))
			l.want(l.state(x), "OK(0)")
			l.ok(l.SetTimerAt(a, dawn, 0))
			l.want(l.state(y), "OK(0)")
		},
		"TI-13": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 10*time.Second, 0), l.SetTimer(a, 20*ms, 0))
			l.Advance(20 * ms)
			l.want(l.any(a), "OK(0)")
			l.Advance(time.Minute)
			l.want(l.any(a), "TIMEOUT")
		},
		"TI-15": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 50*ms, 0))
			id := l.blockAny(a)
			l.ok(l.SetTimer(a, 10*time.Second, 0))
			l.Advance(300 * ms)
			l.want(l.state(id), "BLOCKED")
		},
		"TI-16": func(l *lab) {
			a := l.timer(false)
			for _, at := range []time.Time{{}, time.Unix(1, 0), dawn.Add(-1), dawn} {
				l.ok(l.SetTimerAt(a, at, 0))
				l.want(l.any(a), "OK(0)")
			}
		},
		"TI-18": func(l *lab) {
			at, after, period := l.timer(false), l.timer(false), l.timer(false)
			l.ok(l.SetTimerAt(at, dawn.Add(3*time.Second), 0))
			l.ok(l.SetTimer(after, 3*time.Second, 0))
			l.ok(l.SetTimerAt(period, dawn, 3*time.Second))
			l.want(l.any(period), "OK(0)")
			id := l.blockAny(at)
			l.SetWall(dawn.Add(10 * time.Second))
			l.want(l.state(id), "OK(0)")
			l.want(l.any(after, period), "TIMEOUT")
			l.Advance(3 * time.Second)
			l.want(l.all(after, period), "OK(0)")
		},
		"TI-18 set back": func(l *lab) {
			at := l.timer(false)
			l.ok(l.SetTimerAt(at, dawn.Add(time.Second), 0))
			l.SetWall(dawn.Add(-time.Hour))
			l.Advance(time.Hour)
			l.want(l.any(at), "TIMEOUT")
			l.Advance(time.Second)
			l.want(l.any(at), "OK(0)")
		},
		"TI-18 periods begin when it has fired": func(l *lab) {
			at := l.timer(false)
			l.ok(l.SetTimerAt(at, dawn.Add(time.Hour), 2*time.Second))
			l.Advance(time.Second)
			l.SetWall(dawn.Add(5 * time.Hour))
			l.want(l.any(at), "OK(0)")
			l.SetWall(dawn)
			l.Advance(2*time.Second - 1)
			l.want(l.any(at), "TIMEOUT")
			l.Advance(1)
			l.want(l.any(at), "OK(0)")
		},
		"TI-19": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 16*time.Microsecond, 0))
			l.Advance(time.Second)
			l.want(l.any(a), "OK(0)")
		},
		"TI-21": func(l *lab) {
			a := l.timer(true)
			l.ok(l.SetTimer(a, 0, ms))
			before, err := l.Info(a)
			l.ok(err)
			l.wantErr(l.SetTimer(a, ms, -1), backend.ErrInvalid)
			l.wantErr(l.SetTimer(a, -1, 0), backend.ErrInvalid)
			l.wantErr(l.SetTimerAt(a, dawn, -1), backend.ErrInvalid)
			l.wantErr(l.SetTimerAt(a, dawn.Add(1), -1), backend.ErrInvalid)
			if after, _ := l.Info(a); after.Due != before.Due || !after.Signaled || after.Period != ms {
				l.Fatal("it changed")
			}
		},
		"TI-22": func(l *lab) {
			a := l.timer(false)
			l.ok(l.SetTimer(a, 20*ms, 20*ms))
			l.Advance(210 * ms)
			l.want(l.any(a), "OK(0)")
			l.want(l.any(a), "TIMEOUT")
			l.Advance(10 * ms) // the rhythm is that of the first due time
			l.want(l.any(a), "OK(0)")
		},
		"TI-24": func(l *lab) {
			a := l.timer(false)
			l.ok(l.CloseHandle(a))
			l.wantErr(l.SetTimer(a, -1, 0), backend.ErrClosed)
			l.wantErr(l.SetTimerAt(a, dawn.Add(1), -1), backend.ErrClosed)
			l.wantErr(l.CancelTimer(a), backend.ErrClosed)
		},
		"TI-25": func(l *lab) {
			e, s, a := l.auto(false), l.semaphore(0, 1), l.timer(false)
			l.ok(l.SetTimer(a, 50*ms, 0))
			id := l.blockAny(e, s, a)
			l.Advance(50 * ms)
			l.want(l.state(id), "OK(2)")
			l.ok(l.SetEvent(e), l.SetTimer(a, 50*ms, 0))
			id = l.blockAll(e, a)
			l.Advance(time.Second)
			l.want(l.state(id), "OK(0)")
			l.is(a, false)
			l.is(e, false)
		},
		"TI-27": func(l *lab) {
			a := l.create(backend.Spec{Kind: backend.Timer, Name: "t"})
			_, existed, err := l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Timer, Name: "t", ManualReset: true})
			l.ok(err, l.SetTimer(a, 0, 0))
			if !existed {
				l.Fatal("it existed")
			}
			l.want(l.any(a), "OK(0)")
			l.want(l.any(a), "TIMEOUT")
		},
		"TI-30": func(l *lab) {
			a := l.create(backend.Spec{Kind: backend.Timer, Name: "t"})
			p := l.NewProcess()
			h, err := l.Open(p, backend.Timer, "t")
			l.ok(err, l.SetTimer(h, 50*ms, 0))
			l.Kill(p)
			l.Advance(time.Second)
			l.want(l.any(a), "OK(0)")
		},
		"a long sleep is not many steps": func(l *lab) {
			a, m := l.timer(false), l.timer(true)
			l.ok(l.SetTimer(a, 1, 1), l.SetTimer(m, 1, 3))
			ids := []WaiterID{l.blockAll(a, m), l.blockAny(a), l.blockAny(a)}
			l.Advance(100 * 365 * 24 * time.Hour)
			l.states(ids, "OK(0)", "OK(0)", "OK(0)")
			l.is(a, true)
		},
		"and never does not come": func(l *lab) {
			a, b := l.timer(false), l.timer(false)
			l.Advance(time.Hour)
			l.ok(l.SetTimer(a, math.MaxInt64, math.MaxInt64), l.SetTimer(b, ms, math.MaxInt64))
			l.Advance(time.Hour)
			l.want(l.any(a, b), "OK(1)")
			l.Advance(-time.Hour)
			l.want(l.any(a, b), "TIMEOUT")
		},
		"timers due together are signalled together": func(l *lab) {
			a, b := l.timer(false), l.timer(false)
			l.ok(l.SetTimer(a, ms, 0), l.SetTimer(b, ms, 0))
			x, y := l.blockAny(b, a), l.blockAny(a)
			l.Advance(ms)
			l.want(l.state(x)+l.state(y), "OK(0)OK(0)")
		},
	}.run(t)
}
