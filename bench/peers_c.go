package main

import (
	"github.com/winsys-go/ipc/internal/bench"
)

// cPeers are the programs in C.
func cPeers(c *baseline) []bench.Peer {
	var all []bench.Peer
	uncontended := func(figure, name, what string) {
		all = append(all, one(figure, name, func(s *bench.Stage) func() bench.Values {
			return func() bench.Values { return c.run("uncontended", what, s.Count(500_000)) }
		}))
	}
	uncontended("uncontended/set+trywait", bench.Mutex, "mutex")
	uncontended("uncontended/release+tryacquire", bench.Mutex, "mutex")
	uncontended("uncontended/release+tryacquire", bench.Semaphore, "semaphore")
	uncontended("uncontended/lock+unlock", bench.Mutex, "mutex")
	return all
}
