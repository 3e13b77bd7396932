package actor

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"sync"

	"github.com/winsys-go/ipc/internal/testproc"
)

// RunBatch does the operations of a Batch without a pause, again and again.
func RunBatch(ctx context.Context, op *Op, do func(context.Context, *Op) Result) Result {
	var total Result
	for op.N == Forever || total.N < max(op.N, 1) {
		for i := range op.Ops {
			if ctx.Err() != nil {
				return total
			}
			r := do(ctx, &op.Ops[i])
			switch {
			case r.Code == OK && isWait(op.Ops[i].Verb):
				total.Waits++
			case r.Code == OK:
			case r.Code == Canceled && op.N == Forever:
				return total
			case r.Code == Timeout && op.Ops[i].Lenient:
			default:
				r.Text = fmt.Sprintf("round %d, operation %d: %s", total.N, i, r.Text)
				r.N, r.Waits = total.N, total.Waits
				return r
			}
		}
		total.N++
	}
	return total
}

func isWait(v Verb) bool { return v == Wait || v == Any || v == All || v == SignalWait }

// Chores are the operations that have nothing to do with objects. The zero
// value is ready.
type Chores struct {
	// counter is what Count adds to. It is a plain variable: nothing but the
	// object under test orders the access to it, and the race detector
	// watches.
	counter int

	mu   sync.Mutex
	next map[string]int64 // the place in each ring, for Put and Get
}

// Has tells whether a verb is one of the chores.
func (c *Chores) Has(v Verb) bool {
	switch v {
	case Count, Counted, Add, Put, Get, Spawn:
		return true
	}
	return false
}

// Do does one of them.
func (c *Chores) Do(op *Op) Result {
	switch op.Verb {
	case Count:
		c.counter++
		return Result{}
	case Counted:
		return Result{N: c.counter}
	case Spawn:
		return plain(testproc.Nothing())
	}
	f, err := os.OpenFile(op.File, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return plain(err)
	}
	defer f.Close()
	switch op.Verb {
	case Add:
		n, err := readNumber(f, 0)
		if err == nil {
			err = writeNumber(f, 0, n+1)
		}
		return plain(err)
	case Put:
		n := c.turn(op)
		return plain(writeNumber(f, n%int64(op.N), n))
	default:
		n := c.turn(op)
		got, err := readNumber(f, n%int64(op.N))
		if err == nil && got != n {
			err = fmt.Errorf("item %d is %d", n, got)
		}
		return plain(err)
	}
}

// turn counts the uses of a ring, from 1.
func (c *Chores) turn(op *Op) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = map[string]int64{}
	}
	key := string(op.Verb) + op.File
	c.next[key]++
	return c.next[key]
}

func readNumber(f *os.File, place int64) (int64, error) {
	var b [8]byte
	if n, err := f.ReadAt(b[:], 8*place); n != len(b) && n != 0 {
		return 0, err
	}
	return int64(binary.LittleEndian.Uint64(b[:])), nil
}

func writeNumber(f *os.File, place, n int64) error {
	_, err := f.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(n)), 8*place)
	return err
}

// ReadNumber returns the number that Add left in a file.
func ReadNumber(file string) (int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return readNumber(f, 0)
}

func plain(err error) Result {
	if err == nil {
		return Result{}
	}
	return Result{Code: Other, Text: err.Error()}
}
