// Package backend is the vocabulary that the root package shares with the
// backends: the kinds of objects, what they are created with, what a wait
// returns, what an inspection shows, and the interfaces that every backend's
// types satisfy. It holds no logic.
//
// The root package does not call a backend through these interfaces: it names
// the concrete types of the system that it is built for, so that a lock or a
// set is a direct call. Each backend asserts at compile time that its types
// fit, which keeps the systems alike.
package backend

import (
	"context"
	"time"
)

// A Kind is the type of an object.
type Kind uint8

// The kinds of objects. The values are part of the segment format.
const (
	Event Kind = iota + 1
	Mutex
	Semaphore
	Timer
	Mailslot
)

// String gives the name that the command uses: event, mutex, semaphore, timer,
// mailslot.
func (k Kind) String() string {
	switch k {
	case Event:
		return "event"
	case Mutex:
		return "mutex"
	case Semaphore:
		return "semaphore"
	case Timer:
		return "timer"
	case Mailslot:
		return "mailslot"
	default:
		return "object"
	}
}

// WithArticle says what k is for a sentence: "an event".
func (k Kind) WithArticle() string {
	if k == Event {
		return "an event"
	}
	return "a " + k.String()
}

// A Spec says what to create. Only the fields of its kind are looked at.
type Spec struct {
	Kind      Kind
	Name      string // empty: anonymous
	Permanent bool   // outlives its last handle
	Security  string // Windows: a descriptor in SDDL

	ManualReset bool // events and timers
	Set         bool // events: the first state
	Owned       bool // mutexes: the creator's handle owns it
	First       any  // mutexes: the backend's *Owner that is to own it, in a call of its own; nil: the handle

	Initial, Max int  // semaphores
	Reclaim      bool // semaphores: permits come back when their holder dies
}

// A WaitResult says what ended a successful wait: the lowest index that was
// signalled, and the mutexes among those acquired whose last owner had died
// (bit i for the object at index i).
type WaitResult struct {
	Index     int
	Abandoned uint64
}

// MaxWait is the largest number of objects in one wait (MAXIMUM_WAIT_OBJECTS).
const MaxWait = 64

// MaxName is the longest name of an object, in bytes of UTF-8, without prefix.
const MaxName = 1024

// MaxCount is the largest maximum of a semaphore, that of Win32's LONG.
const MaxCount = 0x7FFFFFFF

// DefaultQueue is the room for the messages of a mailslot, in bytes, when nobody
// asks for more or less.
const DefaultQueue = 16 << 20

// A Client is a process that has an object open, as it called itself.
type Client struct {
	PID     int
	Command string
	Dead    bool // died, and its share is not cleared up yet
}

// A Waiter is one blocked wait on an object.
type Waiter struct {
	Client
	All   bool // a wait-all
	Count int  // the number of objects that it waits for
}

// A Holder is a process's share in an object.
type Holder struct {
	Client
	Handles int
	Permits int // taken from a semaphore that reclaims
}

// Info is the state of one object at one instant.
type Info struct {
	Kind      Kind
	Name      string
	Permanent bool

	Signaled    bool // what a wait by a stranger would find
	ManualReset bool // events, timers

	Owner     *Client // mutexes: nil when free
	Abandoned bool    // mutexes: the last owner died, and nobody has taken it since

	Count, Max int  // semaphores
	Reclaim    bool // semaphores

	Mailslot *MailslotInfo // mailslots

	Armed    bool          // timers: due in the future
	Due      time.Duration // timers: from now, when armed
	DueAt    time.Time     // timers that were set to a time of day
	Period   time.Duration // timers
	Handles  int
	Waiters  int
	Waiting  []Waiter
	HeldOpen []Holder
}

// A MailslotSpec says what mailslot to create.
type MailslotSpec struct {
	Name        string        // as it is shown; upper and lower case are the same
	Security    string        // Windows: a descriptor in SDDL
	MaxMessage  int64         // bytes; 0: as much as fits
	ReadTimeout time.Duration // 0: none; negative: do not wait
	Queue       int64         // bytes; where the system has a limit
}

// MailslotInfo is the state of a mailslot at one instant.
type MailslotInfo struct {
	MaxMessage  int64 // bytes; 0: no limit
	Queue       int64 // bytes that the queue can take; 0: no limit
	Next        int64 // bytes of the first message; -1: there is none, or it is not told
	Messages    int
	Bytes       int64         // that the queue takes; -1: not told
	ReadTimeout time.Duration // 0: none; negative: does not wait
	Reader      *Client       // nil: not told
}

// A MailslotReader is the end of a mailslot that reads.
type MailslotReader interface {
	Object
	Wait(ctx context.Context) error
	// Get gives the next message in memory of its own, GetInto in buf, and the
	// size that is needed with ErrShortBuffer.
	Get(ctx context.Context) ([]byte, error)
	TryGet() ([]byte, error)
	GetInto(ctx context.Context, buf []byte) (int, error)
	TryGetInto(buf []byte) (int, error)
	SetReadTimeout(d time.Duration) error
	Len() (int, error)
}

// A MailslotSender is an end of a mailslot that writes.
type MailslotSender interface {
	Put(ctx context.Context, message []byte) error
	TryPut(message []byte) error
	Info() (Info, error)
	Close() error
}

// An Object is a handle to an object, whatever its kind.
type Object interface {
	Existed() bool
	Info() (Info, error)
	Close() error
}

// Waitable is what a signalled state can be waited for.
type Waitable interface {
	Object
	Wait(ctx context.Context) error
	TryWait() (bool, error)
}

// An EventObject is a handle to an event.
type EventObject interface {
	Waitable
	Set() error
	Reset() error
	Pulse() error
	IsSet() (bool, error)
}

// A MutexObject is a handle to a mutex, and an owner of it.
type MutexObject interface {
	Object
	Lock(ctx context.Context) (abandoned bool, err error)
	TryLock() (locked, abandoned bool, err error)
	Unlock() error
}

// A SemaphoreObject is a handle to a semaphore.
type SemaphoreObject interface {
	Object
	Acquire(ctx context.Context) error
	TryAcquire() (bool, error)
	Release(n int) (previous int, err error)
}

// A TimerObject is a handle to a waitable timer.
type TimerObject interface {
	Waitable
	Set(after, period time.Duration) error
	SetAt(at time.Time, period time.Duration) error
	Cancel() error
}
