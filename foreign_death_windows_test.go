package ipc_test

import (
	"context"
	"slices"
	"testing"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/foreign"
	"github.com/winsys-go/ipc/internal/testproc"
)

func init() { testproc.Register("foreign-owner", foreignOwner) }

// foreignOwner owns the mutex of its first argument until its end.
func foreignOwner(c *testproc.Child) {
	m := must(ipc.OpenMutex(c.Args[0]))
	must(m.Lock(context.Background()))
	c.Sayf("owned")
	c.Line()
}

// deaths are the ends of a peer.
var deaths = map[string]func(*foreign.Peer){
	"aborts": (*foreign.Peer).Abort,
	"exits":  func(p *foreign.Peer) { p.Exit() },
	"killed": func(p *foreign.Peer) { p.Kill() },
}

// TestForeignDeath: the package sees the peer's death as abandoned, whatever it
// dies of.
func TestForeignDeath(t *testing.T) {
	for name, die := range deaths {
		t.Run(name, func(t *testing.T) {
			p, name := foreign.Start(t), foreignName()
			m := must(ipc.CreateMutex(name, nil))
			defer m.Close()
			p.Do("open mutex %s", name)
			p.Answers("OK 0", "wait any 0 1")
			got := make(chan bool, 1)
			go func() {
				abandoned, err := m.Lock(soon(t))
				got <- abandoned && err == nil
			}()
			die(p)
			if !<-got {
				t.Error("not told that it was abandoned")
			}
			foreignNil(t, m.Unlock())
			if _, abandoned, err := m.TryLock(); abandoned || err != nil {
				t.Errorf("still abandoned: %v, %v", abandoned, err)
			}
		})
	}
}

// TestForeignDeathInMany: the index of the abandoned mutex is told, and the
// process is signalled.
func TestForeignDeathInMany(t *testing.T) {
	p, name := foreign.Start(t), foreignName()
	e, m := must(ipc.CreateEvent("", nil)), must(ipc.CreateMutex(name, nil))
	defer e.Close()
	defer m.Close()
	process := must(ipc.OpenProcess(p.Do("pid")))
	defer process.Close()
	p.Answers("EXISTED 1", "create mutex %s 0", name)
	p.Answers("OK 0", "wait any 0 1")
	if must(process.TryWait()) {
		t.Error("the process is signalled while it lives")
	}
	p.Kill()
	r, err := ipc.WaitAny(soon(t), e, m)
	if err != nil || r.Index != 1 || !slices.Equal(r.Abandoned, []int{1}) {
		t.Errorf("the wait gives %+v, %v", r, err)
	}
	foreignNil(t, process.Wait(soon(t)))
}

// TestDeathBeforeForeign: the peer sees as abandoned what a process of the
// package owned when it died, and what a closed Owner or handle owned.
func TestDeathBeforeForeign(t *testing.T) {
	for name, die := range map[string]func(*testing.T, string) (die func()){
		"killed": func(t *testing.T, name string) func() {
			c := testproc.Start(t, "foreign-owner", name)
			c.Expect("owned")
			return c.Kill
		},
		"exits": func(t *testing.T, name string) func() {
			c := testproc.Start(t, "foreign-owner", name)
			c.Expect("owned")
			return c.Exit
		},
		"closes its Owner": func(t *testing.T, name string) func() {
			m, o := must(ipc.OpenMutex(name)), ipc.NewOwner()
			t.Cleanup(func() { m.Close() })
			must(o.Lock(soon(t), m))
			return func() { foreignNil(t, o.Close()) }
		},
		"closes its handle": func(t *testing.T, name string) func() {
			m := must(ipc.OpenMutex(name))
			must(m.Lock(soon(t)))
			return func() { foreignNil(t, m.Close()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, name := foreign.Start(t), foreignName()
			p.Answers("OK 1", "create mutex %s 0", name)
			end := die(t, name)
			p.Answers("TIMEOUT 0", "wait any 0 1")
			p.Sayf("wait any -1 1")
			end()
			p.Expect("ABANDONED 0")
			p.Do("unlock 1")
			p.Answers("OK 0", "wait any 0 1")
			p.Exit()
		})
	}
}
