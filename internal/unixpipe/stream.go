//go:build linux

package unixpipe

import "sync/atomic"

// A stream is the bytes between two ends of this package, in the two directions
// of a socket: small ones as they are, large ones through rings.

// What is worth while. A ring costs about as much as the socket takes for the
// bytes that are sent before there is one.
var (
	largeFrom  atomic.Int64 // what is large
	offerAfter atomic.Int64 // how many large bytes a writer sends before it makes a ring
)

const (
	defaultLarge = 16 << 10
	defaultOffer = 1 << 20
	// mostPiece is the largest piece. While the reader copies one, the writer
	// makes the next.
	mostPiece = 256 << 10
	// offerAgain is how many large bytes later a writer tries again that could
	// not make a ring.
	offerAgain = 64 << 20
	// mostOffers is how often a ring is offered: a reader looks for offers only
	// while it receives much.
	mostOffers = 8
)

func init() { SetLarge(defaultLarge, defaultOffer) }

// SetLarge sets, for connections that are made from now on, what goes through
// memory: writes of so many bytes, when so many were written by such. For tests.
func SetLarge(from, after int) (restore func()) {
	f, a := largeFrom.Swap(int64(from)), offerAfter.Swap(int64(after))
	return func() { SetLarge(int(f), int(a)) }
}
