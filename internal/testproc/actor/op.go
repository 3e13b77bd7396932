package actor

import "time"

// A Verb says what an Op does.
type Verb string

// The verbs, and the fields of Op that each one looks at. Handle is the object
// except where it is said to be a new number.
const (
	Create      Verb = "create"         // Kind, Name, Spec; Handle is new; Owner owns a mutex at first
	Open        Verb = "open"           // Kind, Name; Handle is new
	OpenProcess Verb = "process"        // PID; Handle is new
	Close       Verb = "close"          //
	Set         Verb = "set"            // an event
	Reset       Verb = "reset"          //
	Pulse       Verb = "pulse"          //
	IsSet       Verb = "is set"         //
	Raise       Verb = "raise"          // sets an event if it is unset; OK only then
	Release     Verb = "release"        // N permits
	Unlock      Verb = "unlock"         // Owner
	Arm         Verb = "arm"            // a timer: After or At, Period
	Disarm      Verb = "disarm"         //
	Wait        Verb = "wait"           // Timeout, Owner, Via
	Any         Verb = "any"            // Handles, Timeout, Owner
	All         Verb = "all"            // Handles, Timeout, Owner
	SignalWait  Verb = "signal+wait"    // Handles: the two; Timeout, Owner
	Info        Verb = "info"           //
	Objects     Verb = "objects"        //
	Remove      Verb = "remove"         // Name
	NewOwner    Verb = "new owner"      // Owner is new
	CloseOwner  Verb = "close owner"    // Owner
	Batch       Verb = "batch"          // Ops, N times over; Forever until it is cancelled
	Count       Verb = "count"          // adds one to a plain variable of the process
	Counted     Verb = "counted"        // its value, as N
	Add         Verb = "add"            // adds one to the number in File
	Put         Verb = "put"            // writes this actor's next number to File, a ring of N
	Get         Verb = "get"            // reads the next one from there, which must be the right one
	Spawn       Verb = "spawn and wait" // runs a process that does nothing
)

// Forever is a Timeout that never passes, and the N of an endless Batch.
const Forever = -1

// Kinds of objects, as ipc.Info has them.
const (
	Event     = "event"
	Mutex     = "mutex"
	Semaphore = "semaphore"
	Timer     = "timer"
)

// Kinds lists the four kinds.
var Kinds = []string{Event, Mutex, Semaphore, Timer}

// Null is the number of the nil handle of a kind. In Handles, 0 is a nil that
// has no kind.
func Null(kind string) int {
	for i, k := range Kinds {
		if k == kind {
			return -1 - i
		}
	}
	return 0
}

// A Spec has the attributes of a new object.
type Spec struct {
	Manual    bool   `json:"manual,omitempty"`
	Set       bool   `json:"set,omitempty"`
	Owned     bool   `json:"owned,omitempty"`
	Initial   int    `json:"initial,omitempty"`
	Max       int    `json:"max,omitempty"`
	Reclaim   bool   `json:"reclaim,omitempty"`
	Permanent bool   `json:"permanent,omitempty"`
	Security  string `json:"security,omitempty"`
}

// An Op is one operation.
type Op struct {
	Verb    Verb          `json:"verb"`
	Kind    string        `json:"kind,omitempty"`
	Name    string        `json:"name,omitempty"`
	Spec    Spec          `json:"spec,omitzero"`
	Default bool          `json:"default,omitempty"` // Create, Open: with the package's functions, not the namespace's
	Handle  int           `json:"handle,omitempty"`
	Handles []int         `json:"handles,omitempty"`
	Owner   int           `json:"owner,omitempty"`   // 0: the handle itself
	Timeout time.Duration `json:"timeout,omitempty"` // 0: only try
	Via     Verb          `json:"via,omitempty"`     // Wait: through Any or All with one object
	N       int           `json:"n,omitempty"`
	After   time.Duration `json:"after,omitempty"`
	Period  time.Duration `json:"period,omitempty"`
	At      time.Time     `json:"at,omitzero"`
	PID     int           `json:"pid,omitempty"`
	File    string        `json:"file,omitempty"`
	Ops     []Op          `json:"ops,omitempty"`
	Lenient bool          `json:"lenient,omitempty"` // in a Batch: a timeout does not end it
}

// Blocks tells whether op may take longer than a moment.
func (op *Op) Blocks() bool {
	switch op.Verb {
	case Wait, Any, All, SignalWait:
		return op.Timeout != 0
	case Batch, Spawn:
		return true
	}
	return false
}
