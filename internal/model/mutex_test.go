package model

import (
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

// abandoned makes a free mutex that was abandoned.
func abandoned(l *lab) HandleID {
	m, o := l.mutex(), l.owner()
	l.want(l.by(o, m), "OK(0)")
	l.ok(l.CloseOwner(o))
	return m
}

func TestMutexes(t *testing.T) {
	cases{
		"MU-01": func(l *lab) {
			m := l.mutex()
			l.want(l.any(m), "OK(0)")
			l.ok(l.Unlock(NoOwner, m))
			l.wantErr(l.Unlock(NoOwner, m), backend.ErrNotOwner)
		},
		"MU-03": func(l *lab) {
			t1, t2 := l.owner(), l.owner()
			m, _, err := l.Create(l.p, t1, backend.Spec{Kind: backend.Mutex, Owned: true})
			l.ok(err)
			l.want(l.by(t1, m), "OK(0)")
			l.ok(l.Unlock(t1, m))
			l.want(l.by(t2, m), "TIMEOUT")
			l.ok(l.Unlock(t1, m))
			l.want(l.by(t2, m), "OK(0)")
		},
		"MU-04": func(l *lab) {
			t1, m := l.owner(), l.mutex()
			for range 50 {
				l.want(l.by(t1, m), "OK(0)")
			}
			for range 50 {
				l.ok(l.Unlock(t1, m))
			}
			l.wantErr(l.Unlock(t1, m), backend.ErrNotOwner)
		},
		"MU-06": func(l *lab) {
			t1, m := l.owner(), l.mutex()
			l.want(l.by(t1, m), "OK(0)")
			l.blockAny(m)
			id, err := l.Wait(t1, false, m)
			l.ok(err)
			l.want(l.state(id), "OK(0)")
		},
		"MU-07": func(l *lab) {
			t1, m := l.owner(), l.mutex()
			l.wantErr(l.Unlock(t1, m), backend.ErrNotOwner)
			l.want(l.any(m), "OK(0)")
		},
		"MU-09 MU-18": func(l *lab) {
			l.create(backend.Spec{Kind: backend.Mutex, Name: "m", Owned: true})
			p2 := l.NewProcess()
			h, existed, err := l.Create(p2, NoOwner, backend.Spec{Kind: backend.Mutex, Name: "m", Owned: true})
			l.ok(err)
			if !existed {
				l.Fatal("it existed")
			}
			l.wantErr(l.Unlock(NoOwner, h), backend.ErrNotOwner)
			for _, as := range []OwnerID{NoOwner, l.owner()} { // in the same process
				l.wantErr(l.Unlock(as, l.open(backend.Mutex, "m")), backend.ErrNotOwner)
			}
			l.want(l.any(h), "TIMEOUT")
		},
		"MU-10": func(l *lab) {
			m := l.mutex()
			l.ok(l.CloseHandle(m))
			l.wantErr(l.Unlock(NoOwner, m), backend.ErrClosed)
		},
		"MU-12": func(l *lab) {
			t1 := l.owner()
			h1 := l.create(backend.Spec{Kind: backend.Mutex, Name: "m"})
			h2 := l.open(backend.Mutex, "m")
			l.want(l.by(t1, h1), "OK(0)")
			l.want(l.by(t1, h2), "OK(0)")
			l.ok(l.Unlock(t1, h1), l.Unlock(t1, h1))
			l.wantErr(l.Unlock(t1, h2), backend.ErrNotOwner)
		},
		"MU-13": func(l *lab) {
			t1, t2, m := l.owner(), l.owner(), l.mutex()
			l.want(l.by(t1, m), "OK(0)")
			l.want(l.by(t2, m), "TIMEOUT")
			l.block(t2, false, m)
		},
		"MU-15": func(l *lab) {
			m, owners, ids := threeBehind(l)
			for i := range ids {
				l.ok(l.Unlock(owners[i], m))
				l.want(l.state(ids[i]), "OK(0)")
				if l.blocked(ids) != 2-i {
					l.Fatal("one must get it")
				}
			}
		},
		"MU-16": func(l *lab) {
			t1, t2, m := l.owner(), l.owner(), l.mutex()
			l.want(l.by(t1, m), "OK(0)")
			id := l.block(t2, false, m)
			if !l.Cancel(id) {
				l.Fatal("it was blocked")
			}
			l.want(l.state(id), "CANCELLED")
			l.ok(l.Unlock(t1, m))
			l.want(l.any(m), "OK(0)")
		},
		"MU-19 MU-28": func(l *lab) {
			t1, t2, t3, m := l.owner(), l.owner(), l.owner(), l.mutex()
			l.want(l.by(t1, m), "OK(0)")
			id := l.block(t2, false, m)
			l.ok(l.CloseOwner(t1), l.CloseOwner(t1))
			l.want(l.state(id), "ABANDONED(0)")
			l.want(l.by(t3, m), "TIMEOUT")
			l.ok(l.Unlock(t2, m))
			l.want(l.by(t3, m), "OK(0)")
		},
		"MU-21": func(l *lab) {
			m := abandoned(l)
			l.Advance(500 * ms)
			l.want(l.any(m), "ABANDONED(0)")
		},
		"MU-22": func(l *lab) {
			t1, t2, m := l.owner(), l.owner(), l.mutex()
			for range 3 {
				l.want(l.by(t1, m), "OK(0)")
			}
			l.ok(l.CloseOwner(t1))
			l.want(l.by(t2, m), "ABANDONED(0)")
			l.ok(l.Unlock(t2, m))
			l.wantErr(l.Unlock(t2, m), backend.ErrNotOwner)
			l.want(l.any(m), "OK(0)")
		},
		"MU-24": func(l *lab) {
			m, owners, ids := threeBehind(l)
			l.ok(l.CloseOwner(owners[0]))
			l.states(ids, "ABANDONED(0)", "BLOCKED", "BLOCKED")
			l.ok(l.Unlock(owners[1], m), l.Unlock(owners[2], m))
			l.states(ids, "ABANDONED(0)", "OK(0)", "OK(0)")
		},
		"MU-25": func(l *lab) {
			t1, t2 := l.owner(), l.owner()
			ms := []HandleID{l.mutex(), l.mutex(), l.mutex()}
			l.want(l.poll(t1, true, ms...), "OK(0)")
			l.ok(l.CloseOwner(t1))
			for _, m := range ms {
				l.want(l.by(t2, m), "ABANDONED(0)")
			}
		},
		"MU-27": func(l *lab) {
			m, t2 := abandoned(l), l.owner()
			l.want(l.by(t2, m), "ABANDONED(0)")
			l.want(l.by(t2, m), "OK(0)")
			l.ok(l.Unlock(t2, m), l.Unlock(t2, m))
			l.wantErr(l.Unlock(t2, m), backend.ErrNotOwner)
		},
		"MU-30": func(l *lab) {
			m := l.create(backend.Spec{Kind: backend.Mutex, Name: "m", Owned: true})
			child := l.NewProcess()
			h, err := l.Open(child, backend.Mutex, "m")
			l.ok(err)
			l.want(l.any(h), "TIMEOUT")
			l.Kill(child)
			l.Kill(child)
			other := l.open(backend.Mutex, "m")
			l.want(l.any(other), "TIMEOUT")
			l.ok(l.Unlock(NoOwner, m))
		},
		"MU-31": func(l *lab) {
			m := l.create(backend.Spec{Kind: backend.Mutex, Name: "m"})
			p1 := l.NewProcess()
			h, err := l.Open(p1, backend.Mutex, "m")
			l.ok(err)
			l.want(l.any(h), "OK(0)")
			l.Kill(p1)
			l.want(l.any(m), "ABANDONED(0)")
			l.want(l.any(l.open(backend.Mutex, "m")), "TIMEOUT")
		},
		"MU-32 closing a handle is not a release": func(l *lab) {
			h1 := l.create(backend.Spec{Kind: backend.Mutex, Name: "m"})
			h2, h3, t1 := l.open(backend.Mutex, "m"), l.open(backend.Mutex, "m"), l.owner()
			l.want(l.by(t1, h1), "OK(0)")
			l.ok(l.CloseHandle(h1))
			l.want(l.any(h2), "TIMEOUT") // an Owner keeps it
			l.ok(l.Unlock(t1, h2))
			l.want(l.any(h2), "OK(0)")
			id := l.blockAny(h3)
			l.ok(l.CloseHandle(h2)) // the handle was the owner
			l.want(l.state(id), "ABANDONED(0)")
		},
		"MU-33 MU-49": func(l *lab) {
			t1 := l.owner()
			m := l.create(backend.Spec{Kind: backend.Mutex, Name: "m"})
			l.want(l.by(t1, m), "OK(0)")
			l.ok(l.CloseHandle(m))
			m, existed, err := l.Create(l.p, NoOwner, backend.Spec{Kind: backend.Mutex, Name: "m"})
			l.ok(err)
			if existed {
				l.Fatal("it was gone")
			}
			l.wantErr(l.Unlock(t1, m), backend.ErrNotOwner)
			l.want(l.any(m), "OK(0)")
		},
		"MU-35": func(l *lab) {
			e, m := l.auto(false), abandoned(l)
			l.want(l.any(e, m), "ABANDONED(1)")
		},
		"MU-36": func(l *lab) {
			e, m := l.auto(true), abandoned(l)
			l.want(l.any(e, m), "OK(0)")
			l.want(l.any(m), "ABANDONED(0)")
		},
		"MU-37": func(l *lab) {
			m1, m2 := abandoned(l), abandoned(l)
			l.want(l.any(m1, m2), "ABANDONED(0)")
			l.want(l.any(m2), "ABANDONED(0)")
		},
		"MU-38": func(l *lab) {
			m1, m2, m3 := l.mutex(), abandoned(l), abandoned(l)
			l.want(l.all(m1, m2, m3), "ABANDONED(1,2)")
			l.ok(l.Unlock(NoOwner, m1), l.Unlock(NoOwner, m2), l.Unlock(NoOwner, m3))
			l.want(l.all(m1, m2, m3), "OK(0)")
		},
		"MU-39": func(l *lab) {
			m, e := abandoned(l), l.auto(false)
			l.want(l.all(m, e), "TIMEOUT")
			if i, _ := l.Info(m); !i.Abandoned || i.Owner != nil {
				l.Fatal("the wait left a mark")
			}
			l.ok(l.SetEvent(e))
			l.want(l.all(m, e), "ABANDONED(0)")
		},
		"MU-40": func(l *lab) {
			t1, t2, m, e := l.owner(), l.owner(), l.mutex(), l.auto(true)
			l.want(l.by(t1, m), "OK(0)")
			id := l.block(t2, true, e, m)
			l.ok(l.CloseOwner(t1))
			l.want(l.state(id), "ABANDONED(1)")
			l.ok(l.Unlock(t2, m))
		},
		"MU-42": func(l *lab) {
			ms := []HandleID{l.mutex(), l.mutex(), l.mutex(), l.mutex()}
			l.want(l.all(ms...), "OK(0)")
			for _, m := range ms {
				l.ok(l.Unlock(NoOwner, m))
			}
			for _, m := range ms {
				l.wantErr(l.Unlock(NoOwner, m), backend.ErrNotOwner)
			}
		},
		"MU-43": func(l *lab) {
			t1, m0, m1, m2 := l.owner(), l.mutex(), l.mutex(), l.mutex()
			l.want(l.by(t1, m1), "OK(0)")
			l.want(l.poll(t1, true, m0, m1, m2), "OK(0)")
			l.ok(l.Unlock(t1, m1), l.Unlock(t1, m1))
			l.wantErr(l.Unlock(t1, m1), backend.ErrNotOwner)
		},
		"MU-48": func(l *lab) {
			t1, m := l.owner(), l.mutex()
			for range 100_000 {
				l.Try(t1, false, m)
			}
			l.want(l.any(m), "TIMEOUT")
		},
		"a handle by itself is not recursive": func(l *lab) {
			m := l.create(backend.Spec{Kind: backend.Mutex, Owned: true})
			l.want(l.any(m), "TIMEOUT")
			id := l.blockAny(m)
			l.ok(l.Unlock(NoOwner, m)) // which hands it to its own wait
			l.want(l.state(id), "OK(0)")
			l.ok(l.Unlock(NoOwner, m))
		},
		"an Owner does one thing at a time": func(l *lab) {
			t1, e, m := l.owner(), l.auto(false), l.mutex()
			l.want(l.by(t1, m), "OK(0)")
			id := l.block(t1, false, e)
			l.want(l.by(t1, m), "INVALID_USE")
			l.wantErr(l.Unlock(t1, m), backend.ErrInvalidUse)
			l.ok(l.CloseOwner(t1))
			l.want(l.state(id), "CLOSED")
			l.want(l.by(t1, m), "CLOSED")
			l.want(l.any(m), "ABANDONED(0)")
		},
		"an Owner acts in its own process": func(l *lab) {
			p2 := l.NewProcess()
			t2, err := l.NewOwner(p2)
			l.ok(err)
			m := l.mutex()
			l.want(l.by(t2, m), "INVALID")
			l.wantErr(l.Unlock(t2, m), backend.ErrInvalid)
			l.Kill(p2)
			_, err = l.NewOwner(p2)
			l.wantErr(err, backend.ErrNoProcess)
		},
	}.run(t)
}

// threeBehind makes a mutex that the first of four owners has and the others
// wait for.
func threeBehind(l *lab) (m HandleID, owners []OwnerID, ids []WaiterID) {
	m = l.mutex()
	for i := range 4 {
		owners = append(owners, l.owner())
		if i == 0 {
			l.want(l.by(owners[0], m), "OK(0)")
		} else {
			ids = append(ids, l.block(owners[i], false, m))
		}
	}
	return m, owners, ids
}
