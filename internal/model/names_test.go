package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/internal/backend"
)

var kinds = []backend.Kind{backend.Event, backend.Mutex, backend.Semaphore, backend.Timer}

func spec(k backend.Kind, name string) backend.Spec {
	return backend.Spec{Kind: k, Name: name, Max: 1}
}

// made tells how a creation ended, and leaves the object open.
func (l *lab) made(p ProcessID, k backend.Kind, name string) string {
	_, existed, err := l.Create(p, NoOwner, spec(k, name))
	switch {
	case err != nil:
		return word(err)
	case existed:
		return "EXISTED"
	}
	return "NEW"
}

func (l *lab) opens(p ProcessID, k backend.Kind, name string) string {
	h, err := l.Open(p, k, name)
	if err == nil {
		l.ok(l.CloseHandle(h))
	}
	return word(err)
}

func TestNames(t *testing.T) {
	cases{
		"NA-01": func(l *lab) {
			for _, k := range kinds {
				l.want(l.made(l.p, k, k.String()), "NEW")
			}
		},
		"NA-03 NA-04": func(l *lab) {
			l.want(l.made(l.p, backend.Event, "Foo"), "NEW")
			for _, k := range kinds {
				l.want(l.opens(l.p, k, "foo"), "NOT_EXIST")
			}
			l.want(l.made(l.p, backend.Mutex, "foo"), "NEW")
		},
		"NA-06 NA-12": func(l *lab) {
			l.want(l.made(l.p, backend.Event, ""), "NEW")
			l.want(l.opens(l.p, backend.Event, ""), "INVALID_NAME")
		},
		"NA-07 NA-08 NA-09": func(l *lab) {
			for _, a := range kinds {
				name := a.String()
				l.want(l.made(l.p, a, name), "NEW")
				for _, b := range kinds {
					if a != b {
						l.want(l.made(l.p, b, name)+l.opens(l.p, b, name), "WRONG_TYPEWRONG_TYPE")
					}
				}
				l.want(l.opens(l.p, a, name), "OK")
			}
		},
		"NA-10": func(l *lab) {
			l.want(l.made(l.p, backend.Event, "")+l.made(l.p, backend.Event, ""), "NEWNEW")
		},
		"NA-13": func(l *lab) {
			for _, k := range kinds {
				h1 := l.create(spec(k, "x"))
				h2 := l.open(k, "x")
				l.ok(l.CloseHandle(h1))
				h3 := l.open(k, "x")
				l.ok(l.CloseHandle(h2), l.CloseHandle(h3))
				l.want(l.opens(l.p, k, "x"), "NOT_EXIST")
			}
		},
		"NA-15 NA-16": func(l *lab) {
			p1, p2 := l.NewProcess(), l.NewProcess()
			l.want(l.made(p1, backend.Event, "x")+l.made(p2, backend.Event, "x"), "NEWEXISTED")
			l.Kill(p1)
			l.want(l.opens(l.p, backend.Event, "x"), "OK")
			l.Kill(p2)
			l.want(l.opens(l.p, backend.Event, "x"), "NOT_EXIST")
			l.want(l.made(l.p, backend.Event, "x"), "NEW")
			l.want(l.made(p1, backend.Event, "x")+l.made(p1, backend.Event, ""), "NO_PROCESSNO_PROCESS")
		},
		"NA-18 NA-19": func(l *lab) {
			l.want(l.made(l.p, backend.Event, "abc"), "NEW")
			l.want(l.made(l.p, backend.Event, `Local\abc`), "EXISTED")
			l.want(l.opens(l.p, backend.Event, `Global\abc`), "NOT_EXIST")
			l.want(l.made(l.p, backend.Mutex, `Global\abc`), "NEW")
			l.want(l.made(l.p, backend.Mutex, `Global\abc`), "EXISTED")
			l.want(l.opens(l.p, backend.Mutex, "abc"), "WRONG_TYPE")
		},
		"NA-21 NA-22 NA-24": func(l *lab) {
			for _, name := range []string{
				`local\x`, `GLOBAL\x`, `willy\wonka`, `\abc`, `abc\`, `a\\b`, `Local\`, `Global\`,
				`Local\a\b`, `Local\Global\x`, `Global\Local\x`, "a\x00b", "\xff", `Session\1\x`,
			} {
				for _, k := range kinds {
					l.want(l.made(l.p, k, name)+l.opens(l.p, k, name), "INVALID_NAMEINVALID_NAME")
				}
			}
		},
		"NA-25": func(l *lab) {
			for _, name := range []string{"a/b", "with spaces ", "*?<>|:", "Grüße, 世界", "/", ".", ".."} {
				l.want(l.made(l.p, backend.Event, name)+l.opens(l.p, backend.Event, name), "NEWOK")
			}
		},
		"NA-27 NA-28": func(l *lab) {
			long := strings.Repeat("x", backend.MaxName)
			l.want(l.made(l.p, backend.Event, long), "NEW")
			l.want(l.made(l.p, backend.Event, `Local\`+long), "EXISTED")
			l.want(l.made(l.p, backend.Event, long[1:]+"y"), "NEW")
			l.want(l.made(l.p, backend.Event, long+"x"), "INVALID_NAME")
			l.want(l.opens(l.p, backend.Event, strings.Repeat("ü", backend.MaxName/2)+"x"), "INVALID_NAME")
		},
	}.run(t)
}

func TestLifetime(t *testing.T) {
	cases{
		"a permanent object lives until it is removed": func(l *lab) {
			h := l.create(backend.Spec{Kind: backend.Event, Name: "x", Permanent: true, Set: true})
			l.ok(l.CloseHandle(h))
			h = l.open(backend.Event, `Local\x`)
			l.is(h, true)
			l.ok(l.Remove("x"), l.Remove(`Local\x`))
			l.want(l.opens(l.p, backend.Event, "x"), "OK") // it is open
			l.ok(l.CloseHandle(h))
			l.wantErr(l.Remove("x"), backend.ErrNotExist)
			l.wantErr(l.Remove(""), backend.ErrInvalidName)
		},
		"and is gone with the removal when nobody has it open": func(l *lab) {
			h := l.create(backend.Spec{Kind: backend.Mutex, Name: "x", Permanent: true, Owned: true})
			l.ok(l.CloseHandle(h))
			h = l.open(backend.Mutex, "x")
			l.want(l.any(h), "ABANDONED(0)")
			l.ok(l.CloseHandle(h), l.Remove("x"))
			l.want(l.opens(l.p, backend.Mutex, "x"), "NOT_EXIST")
		},
		"an anonymous object cannot be permanent": func(l *lab) {
			h := l.create(backend.Spec{Kind: backend.Event, Permanent: true})
			l.ok(l.CloseHandle(h))
			if len(l.List()) != 0 {
				l.Fatal("nobody can find it again")
			}
		},
		"the order of a death": func(l *lab) {
			// The dead process waits for what its own death sets free; the
			// living one gets it, although it has waited less long.
			m := l.create(backend.Spec{Kind: backend.Mutex, Name: "m"})
			p := l.NewProcess()
			own, err1 := l.Open(p, backend.Mutex, "m")
			second, err2 := l.Open(p, backend.Mutex, "m")
			l.ok(err1, err2)
			l.want(l.any(own), "OK(0)")
			dead := l.blockAny(second)
			id := l.blockAny(m)
			l.Kill(p)
			l.want(l.state(id)+l.state(dead), "ABANDONED(0)GONE")
		},
		"a signal after a death is not lost": func(l *lab) {
			e := l.create(backend.Spec{Kind: backend.Event, Name: "e"})
			p := l.NewProcess()
			h, err := l.Open(p, backend.Event, "e")
			l.ok(err)
			l.blockAny(h)
			l.Kill(p)
			l.ok(l.SetEvent(e))
			l.want(l.any(e), "OK(0)")
		},
		"what Info tells": func(l *lab) {
			s := l.create(backend.Spec{Kind: backend.Semaphore, Name: "b", Initial: 1, Max: 2, Reclaim: true})
			l.want(l.any(s), "OK(0)")
			p2 := l.NewProcess()
			h, err := l.Open(p2, backend.Semaphore, "b")
			l.ok(err)
			l.blockAny(h)
			i, err := l.Info(s)
			l.ok(err)
			l.want(fmt.Sprint(i.Signaled, i.Handles, i.Waiters, len(i.Waiting), i.Waiting[0].PID == int(p2), i.HeldOpen[0].Permits, len(i.HeldOpen)), "false 2 1 1 true 1 2")

			m := l.create(backend.Spec{Kind: backend.Mutex, Name: "a", Owned: true})
			i, err = l.Info(m)
			l.ok(err)
			l.want(fmt.Sprint(i.Signaled, i.Owner.PID == int(l.p), i.Abandoned), "false true false")
			timer := l.timer(false)
			l.ok(l.SetTimer(timer, ms, 2*ms))
			i, err = l.Info(timer)
			l.ok(err)
			l.want(fmt.Sprint(i.Armed, i.Due, i.Period), "true 1ms 2ms")
			var names string
			for _, i := range l.List() {
				names += "," + i.Name
			}
			l.want(names, ",,a,b")
			_, err = l.Info(0)
			l.wantErr(err, backend.ErrInvalid)
		},
	}.run(t)
}
