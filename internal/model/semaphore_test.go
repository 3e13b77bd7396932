package model

import (
	"math"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

func (l *lab) noRelease(h HandleID, n int, want error) {
	l.Helper()
	_, err := l.Release(h, n)
	l.wantErr(err, want)
}

func TestSemaphores(t *testing.T) {
	const top = backend.MaxCount
	cases{
		"SE-02 and its opposite": func(l *lab) {
			for _, c := range [][2]int{{0, 1}, {1, 1}, {top - 1, top}, {top, top}} {
				l.counts(l.semaphore(c[0], c[1]), c[0])
			}
			for _, c := range [][2]int{{0, 0}, {-1, 1}, {2, 1}, {0, -1}, {0, top + 1}} {
				for _, name := range []string{"", "s", "exists"} {
					l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Semaphore, Name: "exists", Max: 1})
					_, _, err := l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Semaphore, Name: name, Initial: c[0], Max: c[1]})
					l.wantErr(err, backend.ErrInvalid)
				}
			}
		},
		"SE-03": func(l *lab) { l.want(l.any(l.semaphore(0, 1)), "TIMEOUT") },
		"SE-05": func(l *lab) {
			s := l.semaphore(0, 10)
			l.release(s, 1, 0)
			l.release(s, 2, 1)
			l.release(s, 1, 3)
		},
		"SE-06": func(l *lab) {
			s := l.semaphore(3, 3)
			l.noRelease(s, 1, backend.ErrTooManyPosts)
			for range 3 {
				l.want(l.any(s), "OK(0)")
			}
			l.want(l.any(s), "TIMEOUT")
		},
		"SE-08": func(l *lab) {
			s := l.semaphore(0, 2)
			l.noRelease(s, 3, backend.ErrTooManyPosts)
			l.want(l.any(s), "TIMEOUT")
		},
		"SE-09": func(l *lab) {
			s := l.semaphore(1, 2)
			l.noRelease(s, 0, backend.ErrInvalid)
			l.noRelease(s, -1, backend.ErrInvalid)
			l.counts(s, 1)
		},
		"SE-11": func(l *lab) {
			l.noRelease(l.semaphore(top, top), 1, backend.ErrTooManyPosts)
			l.noRelease(l.semaphore(1, top), top, backend.ErrTooManyPosts)
			l.noRelease(l.semaphore(1, top), math.MaxInt, backend.ErrTooManyPosts)
		},
		"SE-12": func(l *lab) {
			s := l.semaphore(0, 1)
			l.ok(l.CloseHandle(s))
			l.noRelease(s, 1, backend.ErrClosed)
			l.noRelease(s, 0, backend.ErrClosed)
		},
		"SE-14": func(l *lab) {
			s := l.semaphore(0, 3)
			id := l.blockAny(s)
			l.release(s, 1, 0)
			l.want(l.state(id), "OK(0)")
			l.want(l.any(s), "TIMEOUT")
		},
		"SE-15": func(l *lab) {
			s := l.semaphore(0, 3)
			ids := []WaiterID{l.blockAny(s), l.blockAny(s)}
			l.release(s, 1, 0)
			l.states(ids, "OK(0)", "BLOCKED")
			l.release(s, 1, 0)
			l.states(ids, "OK(0)", "OK(0)")
		},
		"SE-16 one release serves several": func(l *lab) {
			s := l.semaphore(0, 3)
			ids := []WaiterID{l.blockAny(s), l.blockAny(s)}
			l.release(s, 3, 0)
			l.states(ids, "OK(0)", "OK(0)")
			l.counts(s, 1)
		},
		"SE-17": func(l *lab) {
			s := l.semaphore(0, 1)
			ids := []WaiterID{l.blockAny(s), l.blockAny(s)}
			l.noRelease(s, 2, backend.ErrTooManyPosts)
			l.states(ids, "BLOCKED", "BLOCKED")
		},
		"SE-18": func(l *lab) {
			s := l.semaphore(2, 3)
			l.want(l.any(s, s), "OK(0)")
			l.counts(s, 1)
		},
		"SE-20": func(l *lab) {
			s, e := l.semaphore(1, 3), l.auto(true)
			l.want(l.all(s, e), "OK(0)")
			l.want(l.all(s, e), "TIMEOUT")
			l.counts(s, 0)
			l.is(e, false)
		},
		"SE-21": func(l *lab) {
			l.create(backend.Spec{Kind: backend.Semaphore, Name: "s", Initial: 1, Max: 2})
			s, existed, err := l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Semaphore, Name: "s", Max: 100})
			l.ok(err)
			if !existed {
				l.Fatal("it existed")
			}
			l.release(s, 1, 1)
			l.noRelease(s, 1, backend.ErrTooManyPosts)
		},
		"SE-23": func(l *lab) {
			s := l.create(backend.Spec{Kind: backend.Semaphore, Name: "s", Initial: 1, Max: 1})
			p1 := l.NewProcess()
			h, err := l.Open(p1, backend.Semaphore, "s")
			l.ok(err)
			l.want(l.any(h), "OK(0)")
			l.Kill(p1)
			l.want(l.any(s), "TIMEOUT")
			l.release(s, 1, 0)
			l.want(l.any(s), "OK(0)")
		},
		"SE-24": func(l *lab) {
			s := l.semaphore(1, 1)
			l.want(l.any(s), "OK(0)")
			l.release(s, 1, 0)
		},
		"SE-26": func(l *lab) {
			empty, full := l.semaphore(3, 3), l.semaphore(0, 3)
			for range 5 {
				for range 3 {
					l.want(l.any(empty), "OK(0)")
					l.Release(full, 1)
				}
				l.want(l.any(empty), "TIMEOUT")
				for range 3 {
					l.want(l.any(full), "OK(0)")
					l.Release(empty, 1)
				}
				l.want(l.any(full), "TIMEOUT")
			}
		},
	}.run(t)
}

func TestReclaim(t *testing.T) {
	spec := backend.Spec{Kind: backend.Semaphore, Name: "s", Initial: 3, Max: 3, Reclaim: true}
	cases{
		"a death gives the permits back": func(l *lab) {
			s := l.create(spec)
			p1 := l.NewProcess()
			h, err := l.Open(p1, backend.Semaphore, "s")
			l.ok(err)
			for range 3 {
				l.want(l.any(h), "OK(0)")
			}
			id := l.blockAny(s)
			l.Kill(p1)
			l.want(l.state(id), "OK(0)")
			l.counts(s, 2)
		},
		"and the last handle, not an earlier one": func(l *lab) {
			s := l.create(spec)
			p1 := l.NewProcess()
			h1, err1 := l.Open(p1, backend.Semaphore, "s")
			h2, err2 := l.Open(p1, backend.Semaphore, "s")
			l.ok(err1, err2)
			l.want(l.any(h1), "OK(0)")
			l.ok(l.CloseHandle(h1))
			l.counts(s, 2)
			l.ok(l.CloseHandle(h2))
			l.counts(s, 3)
		},
		"what was released is not given back again": func(l *lab) {
			s := l.create(spec)
			p1 := l.NewProcess()
			h, err := l.Open(p1, backend.Semaphore, "s")
			l.ok(err)
			for range 3 {
				l.want(l.any(h), "OK(0)")
			}
			l.release(h, 2, 0)
			l.want(l.any(s), "OK(0)")
			l.Kill(p1)
			l.counts(s, 2)
		},
		"never beyond the maximum": func(l *lab) {
			s := l.create(spec)
			p1 := l.NewProcess()
			h, err := l.Open(p1, backend.Semaphore, "s")
			l.ok(err)
			l.want(l.any(h), "OK(0)")
			l.want(l.any(h), "OK(0)")
			l.release(s, 1, 1)
			l.Kill(p1)
			l.counts(s, 3)
		},
		"a permanent one keeps what came back": func(l *lab) {
			permanent := spec
			permanent.Permanent = true
			s := l.create(permanent)
			l.want(l.any(s), "OK(0)")
			l.ok(l.CloseHandle(s))
			l.counts(l.open(backend.Semaphore, "s"), 3)
		},
	}.run(t)
}
