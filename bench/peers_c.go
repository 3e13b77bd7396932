package main

import (
	"github.com/winsys-go/ipc/internal/bench"
)

// cPeers are the programs in C.
func cPeers(c *baseline) []bench.Peer {
	all := c.uncontended()
	for _, h := range bench.HandOffs {
		all = append(all, c.handOffs(h)...)
	}
	all = append(all, c.contended()...)
	all = append(all, c.copies()...)
	return append(all, one(bench.Death(2), bench.Mutex, func(*bench.Stage) func() bench.Values {
		return func() bench.Values { return c.run("death") }
	}))
}

func (c *baseline) uncontended() []bench.Peer {
	pairs := func(figure, name, what string) bench.Peer {
		return one(figure, name, func(s *bench.Stage) func() bench.Values {
			return func() bench.Values { return c.run("uncontended", what, s.Count(500_000)) }
		})
	}
	return []bench.Peer{
		pairs("uncontended/set+trywait", bench.Mutex, "mutex"),
		pairs("uncontended/release+tryacquire", bench.Mutex, "mutex"),
		pairs("uncontended/release+tryacquire", bench.Semaphore, "semaphore"),
		pairs("uncontended/lock+unlock", bench.Mutex, "mutex"),
	}
}

// handOffs are the ways in which programs in C hand off, each where it makes
// sense: a spin loop does not on one processor, nor does it ever sleep.
func (c *baseline) handOffs(h bench.HandOff) (all []bench.Peer) {
	way := func(name, way string) {
		all = append(all, one(h.Figure, name, func(s *bench.Stage) func() bench.Values {
			return func() bench.Values { return c.run("handoff", way, h.Trips(s), h.CPU, int64(h.Pause)) }
		}))
	}
	way(bench.Futex, "futex")
	if h.Hogs {
		return all
	}
	if h.CPU != 0 && h.Pause == 0 {
		way(bench.SpinLoop, "spin")
	}
	way("C eventfd", "eventfd")
	way("C pipe", "pipe")
	way("C Unix stream", "stream")
	way("C Unix seqpacket", "seqpacket")
	return all
}

func (c *baseline) contended() (all []bench.Peer) {
	add := func(figure, name, what string, sides, permits int) {
		all = append(all, one(figure, name, func(s *bench.Stage) func() bench.Values {
			return func() bench.Values {
				return c.run("contended", what, sides, s.Contention().Milliseconds(), permits)
			}
		}))
	}
	for _, sides := range bench.ContendedBy {
		add(bench.Contended(sides), bench.Mutex, "mutex", sides, 0)
	}
	add(bench.Limiter, bench.Semaphore, "semaphore", bench.LimiterSides, bench.LimiterPermits)
	return all
}

// copies are the least that a piece that is copied once can cost.
func (c *baseline) copies() (all []bench.Peer) {
	for _, size := range bench.PipeSizes {
		all = append(all, one(bench.PipeFigure(size, false), "C memcpy, one copy", func(s *bench.Stage) func() bench.Values {
			return func() bench.Values { return c.run("memcpy", size, s.Count(max(10, 64<<20/size))) }
		}))
	}
	return all
}
