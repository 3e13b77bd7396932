//go:build linux

package unixpipe

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/linux"
	"github.com/winsys-go/ipc/internal/spin"
)

// A stream is the bytes between two ends of this package, in the two directions
// of a socket. Each direction goes over to a ring when so much was written that
// it pays.

// offerAfter is how many bytes a writer sends before it makes a ring. A write
// counts for pieceCost more.
var offerAfter atomic.Int64

const (
	defaultOffer = 256 << 10
	pieceCost    = 1 << 10
	// offerAgain is how many bytes later a writer tries again that could not make
	// a ring, or whose peer did not take one.
	offerAgain = 64 << 20
	// mostOffers is how often a ring is offered: a reader may look away, or have
	// no descriptors to spare.
	mostOffers = 8
)

func init() { offerAfter.Store(defaultOffer) }

// SetOffer sets after how many bytes connections that are made from now on go
// over to memory. For tests.
func SetOffer(after int) (restore func()) {
	before := offerAfter.Swap(int64(after))
	return func() { offerAfter.Store(before) }
}

// bothWays are the directions of a connection, which have deadlines.
type bothWays struct {
	*inflow
	*outflow
}

// isNear reports whether the peer of a socket is in this process, as far as the
// kernel tells, which knows who connected or began to listen.
func isNear(fd int) bool {
	cred, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	return err == nil && int(cred.Pid) == os.Getpid()
}

var (
	spinning   atomic.Bool  // one goroutine of a process at a time
	processors atomic.Int32 // as they were when a ring was last made
)

// The kernel puts one who is woken through a socket on the processor of the one
// who wakes, for that is about to sleep, it thinks. If it spins instead, neither
// would get on. So a spin lets others run now and then; as both can run then, the
// kernel soon gives one of them another processor. If a third program runs
// instead, that takes longer than the peer could: there is no processor to spare,
// and nobody yields until that makes no more than half a percent of the time.
const (
	yieldFrom  = 400 // pauses, of 25 ns
	yieldEvery = 100
	yieldMost  = 50 * time.Microsecond
	yieldShare = 200
)

var (
	began      = time.Now()
	yieldAgain atomic.Int64 // when, since began
)

// yield lets others run. It reports whether to go on spinning.
func yield() bool {
	start := time.Since(began)
	if start < time.Duration(yieldAgain.Load()) {
		return true
	}
	linux.Yield()
	took := time.Since(began) - start
	if took <= yieldMost {
		return true
	}
	yieldAgain.Store(int64(start + yieldShare*took))
	return false
}

// spinFor looks until there is something, or it does not seem worth it any more.
func spinFor[T comparable](policy *spin.Policy, look func() (T, error)) (found T, err error) {
	var nothing T
	budget, probe := policy.Next()
	if budget == 0 || processors.Load() < 2 || !spinning.CompareAndSwap(false, true) {
		return nothing, nil
	}
	defer spinning.Store(false)
	for spent := range budget {
		linux.Pause(1)
		if spent >= yieldFrom && spent%yieldEvery == 0 && !yield() {
			break
		}
		if found, err = look(); found != nothing || err != nil {
			policy.Found(spent, probe)
			return found, err
		}
	}
	policy.Missed(probe)
	return nothing, nil
}
