package main

import (
	"github.com/winsys-go/ipc/internal/bench"
)

// peersOf are all peers; c is nil where there is no C.
func peersOf(c *baseline) []bench.Peer {
	all := goPeers()
	if c != nil {
		all = append(all, cPeers(c)...)
	}
	return all
}

// one is a peer with one subject.
func one(figure, name string, setup func(s *bench.Stage) func() bench.Values) bench.Peer {
	return bench.Peer{Figure: figure, Setup: func(s *bench.Stage) []bench.Subject {
		return []bench.Subject{{Name: name, Measure: setup(s)}}
	}}
}
