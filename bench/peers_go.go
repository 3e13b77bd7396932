package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
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
	for _, size := range bench.PipeSizes {
		for _, back := range []bool{true, false} {
			all = append(all, one(bench.PipeFigure(size, back), "os.Pipe", func(s *bench.Stage) func() bench.Values {
				return osPipe(s, size, back)
			}))
		}
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

// ends are two ends of two pipes.
type ends struct{ in, out *os.File }

func (e ends) Read(p []byte) (int, error)  { return e.in.Read(p) }
func (e ends) Write(p []byte) (int, error) { return e.out.Write(p) }
func (e ends) Close() error                { return errors.Join(e.in.Close(), e.out.Close()) }

func init() { bench.Register("os-pipe", osPipeRole) }

// osPipe sends pieces through two pipes that a child has inherited.
func osPipe(s *bench.Stage, size int, back bool) func() bench.Values {
	var here, there ends
	var err error
	there.in, here.out, err = os.Pipe()
	bench.Check(err)
	here.in, there.out, err = os.Pipe()
	bench.Check(err)
	defer there.Close()
	p := s.Begin(func(c *exec.Cmd) { c.ExtraFiles = []*os.File{there.in, there.out} }, "os-pipe")
	p.Await()
	return s.PipeMeasure(here, size, back)
}

func osPipeRole(r *bench.Role) {
	r.Ready()
	bench.ServePieces(ends{inherited(3, "in"), inherited(4, "out")})
}

// inherited is a file that the parent has opened; waiting for it is to block no
// thread, as with the parent's own.
func inherited(fd int, name string) *os.File {
	bench.Check(syscall.SetNonblock(fd, true))
	return os.NewFile(uintptr(fd), name)
}
