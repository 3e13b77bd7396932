package cli

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"sync"
)

// signals is what the process does about signals: they interrupt whatever it
// waits for, or go to the child while there is one.
type signals struct {
	ctx    context.Context // done after a signal
	cancel context.CancelFunc
	arrive chan os.Signal
	pipes  func() // undoes failBrokenPipes
	done   chan struct{}

	mu    sync.Mutex
	child *os.Process
}

func catchSignals() *signals {
	s := &signals{arrive: make(chan os.Signal, 16), pipes: failBrokenPipes(), done: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.catch(interrupts)
	go s.dispatch()
	return s
}

// catch leaves signals alone that are ignored, as a shell's background jobs
// and nohup have them.
func (s *signals) catch(list []os.Signal) {
	for _, sig := range list {
		if !signal.Ignored(sig) {
			signal.Notify(s.arrive, sig)
		}
	}
}

func (s *signals) dispatch() {
	for {
		select {
		case sig := <-s.arrive:
			s.handle(sig)
		case <-s.done:
			return
		}
	}
}

func (s *signals) handle(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.child == nil:
		s.cancel()
	case !childHasIt(sig):
		s.child.Signal(sig) // it may just have ended
	}
}

// start starts a child, unless a signal came first; from then on signals are
// the child's.
func (s *signals) start(c *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.catch(forwarded) // before anybody can know that the child is there
	if err := startTied(c); err != nil {
		return err
	}
	s.child = c.Process
	return nil
}

// ended takes signals back from a child.
func (s *signals) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child = nil
}

func (s *signals) interrupted() bool { return s.ctx.Err() != nil }

func (s *signals) stop() {
	signal.Stop(s.arrive)
	s.pipes()
	close(s.done)
	s.cancel()
}
