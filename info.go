package ipc

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// Info describes an object at one instant. Fields that its type does not have
// are zero.
type Info struct {
	// Type is event, mutex, semaphore, timer or mailslot.
	Type string `json:"type"`
	// Name is the name within the namespace; empty for an anonymous object.
	Name string `json:"name"`
	// Permanent: the object outlives its last handle.
	Permanent bool `json:"permanent,omitempty"`
	// Signaled: a wait by somebody who owns nothing would succeed now.
	Signaled bool `json:"signaled"`
	// ManualReset: events and timers that stay signalled.
	ManualReset bool `json:"manual_reset,omitempty"`

	// Owner is the process that owns a mutex; nil when it is free.
	Owner *ProcessInfo `json:"owner,omitempty"`
	// Abandoned: a mutex whose last owner ended without unlocking it, and
	// that nobody has locked since.
	Abandoned bool `json:"abandoned,omitempty"`

	// Count and Max are a semaphore's.
	Count int `json:"count,omitempty"`
	Max   int `json:"max,omitempty"`
	// ReclaimOnExit: a semaphore that gets permits back from the dead.
	ReclaimOnExit bool `json:"reclaim_on_exit,omitempty"`

	// Due is when a timer fires next; zero when it is not set.
	Due time.Time `json:"due,omitzero"`
	// Period is the timer's, in nanoseconds; 0 when it fires once.
	Period time.Duration `json:"period_ns,omitempty"`

	// Mailslot is what only mailslots have; nil for other objects.
	Mailslot *MailslotInfo `json:"mailslot,omitempty"`

	// Handles is the number of open handles, in all processes.
	Handles int `json:"handles"`
	// Waiters is the number of blocked waits.
	Waiters int `json:"waiters"`
	// Holders are the processes that have it open, by rising PID.
	Holders []Holder `json:"holders,omitempty"`
	// Waiting are the blocked waits, the longest first.
	Waiting []Waiter `json:"waiting,omitempty"`
}

// MailslotInfo describes the queue of a mailslot at one instant.
type MailslotInfo struct {
	// MaxMessageSize is that of [MailslotOptions]; 0 means as much as fits.
	MaxMessageSize int64 `json:"max_message_size"`
	// QueueBytes is the room for messages; 0 where the system has no limit.
	QueueBytes int64 `json:"queue_bytes"`
	// Messages is the number of messages in the queue.
	Messages int `json:"messages"`
	// Bytes is the room that they take, 8 bytes for each included; -1 where the
	// system does not tell.
	Bytes int64 `json:"bytes"`
	// Next is the size of the first message; -1 when there is none, or it is
	// not the reader who asks.
	Next int64 `json:"next"`
	// ReadTimeout is that of [MailslotOptions].
	ReadTimeout time.Duration `json:"read_timeout_ns"`
	// Reader is the process that reads; nil where the system does not tell.
	Reader *ProcessInfo `json:"reader,omitempty"`
}

// ProcessInfo names a process that uses a namespace.
type ProcessInfo struct {
	// PID is the process's id, as it sees it itself; 0 where the system does
	// not tell.
	PID int `json:"pid,omitempty"`
	// Command is the base name of the program.
	Command string `json:"command"`
}

// A Holder is a process that has an object open.
type Holder struct {
	ProcessInfo
	// Handles is the number of its handles.
	Handles int `json:"handles"`
	// Permits is the number that it has taken from a semaphore with
	// ReclaimOnExit and not given back.
	Permits int `json:"permits,omitempty"`
}

// A Waiter is one blocked wait.
type Waiter struct {
	ProcessInfo
	// All: it waits for all of its objects.
	All bool `json:"all,omitempty"`
	// Objects is the number of objects that it waits for.
	Objects int `json:"objects"`
}

func makeInfo(b *backend.Info) Info {
	i := Info{
		Type: b.Kind.String(), Name: b.Name, Permanent: b.Permanent,
		Signaled: b.Signaled, ManualReset: b.ManualReset, Abandoned: b.Abandoned,
		Count: b.Count, Max: b.Max, ReclaimOnExit: b.Reclaim,
		Period: b.Period, Handles: b.Handles, Waiters: b.Waiters,
	}
	if b.Owner != nil {
		p := makeProcessInfo(*b.Owner)
		i.Owner = &p
	}
	if b.Mailslot != nil {
		i.Mailslot = makeMailslotInfo(b.Mailslot)
	}
	switch {
	case !b.DueAt.IsZero():
		i.Due = b.DueAt
	case b.Armed:
		i.Due = time.Now().Add(b.Due).Round(0)
	}
	slices.SortFunc(b.HeldOpen, func(x, y backend.Holder) int { return cmp.Compare(x.PID, y.PID) })
	for _, h := range b.HeldOpen {
		i.Holders = append(i.Holders, Holder{makeProcessInfo(h.Client), h.Handles, h.Permits})
	}
	for _, w := range b.Waiting {
		i.Waiting = append(i.Waiting, Waiter{makeProcessInfo(w.Client), w.All, w.Count})
	}
	return i
}

func makeMailslotInfo(b *backend.MailslotInfo) *MailslotInfo {
	m := &MailslotInfo{
		MaxMessageSize: b.MaxMessage, QueueBytes: b.Queue, Messages: b.Messages,
		Bytes: b.Bytes, Next: b.Next, ReadTimeout: b.ReadTimeout,
	}
	if b.Reader != nil {
		p := makeProcessInfo(*b.Reader)
		m.Reader = &p
	}
	return m
}

func makeProcessInfo(c backend.Client) ProcessInfo {
	return ProcessInfo{PID: c.PID, Command: c.Command}
}

// info asks the engine about an object.
func info(op, name string, o *engineObject) (Info, error) {
	b, err := o.Info()
	if err != nil {
		return Info{}, fail(op, name, err)
	}
	return makeInfo(&b), nil
}

// closeObject closes the engine's handle.
func closeObject(op, name string, o *engineObject) error {
	if err := o.Close(); err != nil {
		return fail(op, name, err)
	}
	return nil
}

// describe names an object for people.
func describe(kind backend.Kind, name string) string {
	if name == "" {
		return "anonymous " + kind.String()
	}
	return fmt.Sprintf("%s %q", kind, name)
}
