package model_test

import (
	"fmt"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/model"
)

// A process dies while it owns a mutex, and another one is waiting for that
// mutex and an event.
func Example() {
	w := model.New(time.Unix(0, 0))
	a, b := w.NewProcess(), w.NewProcess()

	mutex := backend.Spec{Kind: backend.Mutex, Name: "m", Owned: true}
	w.Create(a, model.NoOwner, mutex)
	m, existed, _ := w.Create(b, model.NoOwner, mutex) // not its owner
	e, _, _ := w.Create(b, model.NoOwner, backend.Spec{Kind: backend.Event})
	fmt.Println("existed:", existed)

	wait, _ := w.Wait(model.NoOwner, true, m, e)
	w.SetEvent(e)
	fmt.Println("blocked:", w.Waiter(wait).Status == model.Blocked)

	w.Kill(a)
	for _, x := range w.Completed() {
		fmt.Printf("granted: %v, abandoned: %b\n", x.Status == model.Granted, x.Result.Abandoned)
	}
	set, _ := w.IsSet(e)
	fmt.Println("event still set:", set)

	// Output:
	// existed: true
	// blocked: true
	// granted: true, abandoned: 1
	// event still set: false
}
