package main

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/juju/mutex/v2"
	"github.com/winsys-go/ipc/internal/bench"
)

// goPeers are other Go modules, and what Go itself has.
func goPeers() []bench.Peer {
	const lock = "uncontended/lock+unlock"
	all := []bench.Peer{
		one(lock, "sync.Mutex, in one process", syncMutex),
		one(lock, "juju/mutex", jujuMutex),
	}
	for _, figure := range []string{"uncontended/set+trywait", "uncontended/release+tryacquire", lock} {
		all = append(all, one(figure, bench.Flock, fileLock))
	}
	return all
}

func syncMutex(s *bench.Stage) func() bench.Values {
	var m sync.Mutex
	return func() bench.Values {
		return bench.PairTime(s.Count(500_000), func(count int) {
			for range count {
				m.Lock()
				m.Unlock() //lint:ignore SA2001 the pair is what is measured
			}
		})
	}
}

func fileLock(s *bench.Stage) func() bench.Values {
	l := flock.New(filepath.Join(s.Dir(), "lock"))
	s.Cleanup(l.Close)
	return func() bench.Values {
		return bench.PairTime(s.Count(10_000), func(count int) {
			for range count {
				bench.Check(l.Lock())
				bench.Check(l.Unlock())
			}
		})
	}
}

// wall is the clock that juju/mutex asks for.
type wall struct{}

func (wall) Now() time.Time                         { return time.Now() }
func (wall) After(d time.Duration) <-chan time.Time { return time.After(d) }

func jujuMutex(s *bench.Stage) func() bench.Values {
	spec := mutex.Spec{Name: "ipc-bench", Clock: wall{}, Delay: time.Millisecond}
	return func() bench.Values {
		return bench.PairTime(s.Count(5000), func(count int) {
			for range count {
				bench.Must(mutex.Acquire(spec)).Release()
			}
		})
	}
}
