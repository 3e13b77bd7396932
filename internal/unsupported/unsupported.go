// Package unsupported is the backend of systems that have none yet. Everything
// builds there, and every operation says that it is not supported.
package unsupported

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// Err is what every operation returns.
var Err = fmt.Errorf("%w: there is no backend for %s yet: use Linux or Windows", backend.ErrUnsupported, runtime.GOOS)

// The types of a backend.
type (
	Namespace struct{}
	Object    struct{}
	Event     struct{ Object }
	Mutex     struct{ Object }
	Semaphore struct{ Object }
	Timer     struct{ Object }
	Owner     struct{}
	Mailslot  struct{ Object }
	Writer    struct{ Object }
	Process   struct{}
)

var (
	_ backend.EventObject     = (*Event)(nil)
	_ backend.MutexObject     = (*Mutex)(nil)
	_ backend.SemaphoreObject = (*Semaphore)(nil)
	_ backend.TimerObject     = (*Timer)(nil)
	_ backend.MailslotReader  = (*Mailslot)(nil)
	_ backend.MailslotSender  = (*Writer)(nil)
)

func (*Namespace) Close() error                             { return Err }
func (*Namespace) Dir() string                              { return "" }
func (*Namespace) Objects() ([]backend.Info, error)         { return nil, Err }
func (*Namespace) Remove(string) error                      { return Err }
func (*Namespace) Create(*Object, backend.Spec) error       { return Err }
func (*Namespace) Open(*Object, backend.Kind, string) error { return Err }

func (*Namespace) CreateMailslot(*Mailslot, *backend.MailslotSpec) error { return Err }
func (*Namespace) OpenMailslot(*Writer, string) error                    { return Err }

func (*Mailslot) Get(context.Context) ([]byte, error)          { return nil, Err }
func (*Mailslot) TryGet() ([]byte, error)                      { return nil, Err }
func (*Mailslot) GetInto(context.Context, []byte) (int, error) { return 0, Err }
func (*Mailslot) TryGetInto([]byte) (int, error)               { return 0, Err }
func (*Mailslot) Wait(context.Context) error                   { return Err }
func (*Mailslot) SetReadTimeout(time.Duration) error           { return Err }
func (*Mailslot) Len() (int, error)                            { return 0, Err }

func (*Writer) Put(context.Context, []byte) error { return Err }
func (*Writer) TryPut([]byte) error               { return Err }

func (*Object) Namespace() *Namespace       { return nil }
func (*Object) Existed() bool               { return false }
func (*Object) Info() (backend.Info, error) { return backend.Info{}, Err }
func (*Object) Close() error                { return Err }

func (*Event) SetFast() bool              { return false }
func (*Event) TakeFast() bool             { return false }
func (*Event) Set() error                 { return Err }
func (*Event) Reset() error               { return Err }
func (*Event) Pulse() error               { return Err }
func (*Event) IsSet() (bool, error)       { return false, Err }
func (*Event) Wait(context.Context) error { return Err }
func (*Event) TryWait() (bool, error)     { return false, Err }

func (*Mutex) LockFast() bool                     { return false }
func (*Mutex) UnlockFast() bool                   { return false }
func (*Mutex) Lock(context.Context) (bool, error) { return false, Err }
func (*Mutex) TryLock() (bool, bool, error)       { return false, false, Err }
func (*Mutex) Unlock() error                      { return Err }

func (*Semaphore) AcquireFast() bool             { return false }
func (*Semaphore) ReleaseFast(int) (int, bool)   { return 0, false }
func (*Semaphore) Acquire(context.Context) error { return Err }
func (*Semaphore) TryAcquire() (bool, error)     { return false, Err }
func (*Semaphore) Release(int) (int, error)      { return 0, Err }

func (*Timer) Set(time.Duration, time.Duration) error { return Err }
func (*Timer) SetAt(time.Time, time.Duration) error   { return Err }
func (*Timer) Cancel() error                          { return Err }
func (*Timer) Wait(context.Context) error             { return Err }
func (*Timer) TryWait() (bool, error)                 { return false, Err }

func (*Owner) Begin() error        { return Err }
func (*Owner) End()                {}
func (*Owner) Adopt(*Mutex) error  { return Err }
func (*Owner) Unlock(*Mutex) error { return Err }
func (*Owner) Close() error        { return nil }

func (*Process) Exited() (bool, error)      { return false, Err }
func (*Process) Wait(context.Context) error { return Err }
func (*Process) Close() error               { return nil }
