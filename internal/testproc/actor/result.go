package actor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/winsys-go/ipc"
)

// A Code says how an operation ended.
type Code string

// OK is success; the others say what was in the way.
const (
	OK           Code = ""
	Timeout      Code = "timeout" // in time, or at all when the Op only tried
	Canceled     Code = "canceled"
	Closed       Code = "closed"
	NotExist     Code = "does not exist"
	Exist        Code = "exists"
	Permission   Code = "permission"
	Invalid      Code = "invalid"
	InvalidName  Code = "invalid name"
	InvalidUse   Code = "invalid use"
	Unsupported  Code = "unsupported"
	NotOwner     Code = "not owner"
	TooManyPosts Code = "too many posts"
	WrongType    Code = "wrong type"
	NoProcess    Code = "no process"
	NoSpace      Code = "no space"
	Dead         Code = "the actor is dead"
	Other        Code = "other error"
)

// sentinels are looked through in this order.
var sentinels = []struct {
	err  error
	code Code
}{
	{context.DeadlineExceeded, Timeout},
	{context.Canceled, Canceled},
	{ipc.ErrClosed, Closed},
	{ipc.ErrNotExist, NotExist},
	{ipc.ErrExist, Exist},
	{ipc.ErrPermission, Permission},
	{ipc.ErrInvalidName, InvalidName},
	{ipc.ErrInvalidUse, InvalidUse},
	{ipc.ErrInvalid, Invalid},
	{ipc.ErrUnsupported, Unsupported},
	{ipc.ErrNotOwner, NotOwner},
	{ipc.ErrTooManyPosts, TooManyPosts},
	{ipc.ErrWrongType, WrongType},
	{ipc.ErrNoProcess, NoProcess},
	{ipc.ErrNoSpace, NoSpace},
}

// CodeOf names an error.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return s.code
		}
	}
	return Other
}

// A Result is what came of an Op.
type Result struct {
	Code      Code          `json:"code,omitempty"`
	Text      string        `json:"text,omitempty"` // of the error
	Existed   bool          `json:"existed,omitempty"`
	Set       bool          `json:"set,omitempty"` // IsSet
	Index     int           `json:"index,omitempty"`
	Abandoned []int         `json:"abandoned,omitempty"`
	N         int           `json:"n,omitempty"`     // Release: the previous count; Batch: whole rounds; Counted
	Waits     int           `json:"waits,omitempty"` // Batch: successful waits in it
	Elapsed   time.Duration `json:"elapsed"`
	Info      *ipc.Info     `json:"info,omitempty"`
	Objects   []ipc.Info    `json:"objects,omitempty"`
}

// fail makes the Result of an error. The package promises *ipc.Error with the
// operation in it; anything else is Other, which no test expects.
func fail(err error) Result {
	if err == nil {
		return Result{}
	}
	r := Result{Code: CodeOf(err), Text: err.Error()}
	var e *ipc.Error
	if !errors.As(err, &e) || e.Op == "" {
		r.Code, r.Text = Other, fmt.Sprintf("not an *ipc.Error: %v", err)
	}
	return r
}

// String describes the result in one line.
func (r Result) String() string {
	if r.Code != OK {
		return fmt.Sprintf("%s (%s)", r.Code, r.Text)
	}
	text := "ok"
	if r.Existed {
		text += ", existed"
	}
	if r.Set {
		text += ", set"
	}
	if r.N != 0 {
		text += fmt.Sprintf(", n %d", r.N)
	}
	if r.Index != 0 {
		text += fmt.Sprintf(", index %d", r.Index)
	}
	if len(r.Abandoned) > 0 {
		text += fmt.Sprintf(", abandoned %v", r.Abandoned)
	}
	return text
}
