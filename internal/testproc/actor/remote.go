package actor

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/winsys-go/ipc/internal/testproc"
)

// program is the name that the child runs under.
const program = "actor"

func init() { testproc.Register(program, serve) }

// A request starts an operation or, without one, cancels it.
type request struct {
	ID int `json:"id"`
	Op *Op `json:"op,omitempty"`
}

type reply struct {
	ID     int    `json:"id"`
	Result Result `json:"result"`
}

// serve is the child: a Local that hears of its operations over the pipe.
func serve(c *testproc.Child) {
	if global := c.Args[1]; global != "" {
		setGlobalDir(global)
	}
	a, err := NewLocal(c.Args[0])
	if err != nil {
		c.Fatalf("open the namespace: %v", err)
	}
	c.Sayf("ready")
	var mu sync.Mutex
	cancels := map[int]context.CancelFunc{}
	for {
		var r request
		c.Receive(&r)
		if r.Op == nil {
			mu.Lock()
			if cancel := cancels[r.ID]; cancel != nil {
				cancel()
			}
			mu.Unlock()
			continue
		}
		call := a.Start(*r.Op)
		if call.Ended() {
			c.Send(reply{r.ID, call.Result()})
			continue
		}
		mu.Lock()
		cancels[r.ID] = call.Cancel
		mu.Unlock()
		go func() {
			result := call.Result()
			mu.Lock()
			delete(cancels, r.ID)
			mu.Unlock()
			c.Send(reply{r.ID, result})
		}()
	}
}

// A Remote is an actor in a child process.
type Remote struct {
	*testproc.Proc

	mu    sync.Mutex
	last  int
	calls map[int]*Call
	dead  bool
}

var _ Actor = (*Remote)(nil)

// NewRemote starts a process with an actor in the namespace dir. Names with
// Global\ are in the directory global if that is not empty. The test ends the
// process if nobody else does.
func NewRemote(t testproc.TB, dir, global string) *Remote {
	t.Helper()
	a := &Remote{Proc: testproc.Start(t, program, dir, global), calls: map[int]*Call{}}
	a.Expect("ready")
	t.Cleanup(func() {
		select {
		case <-a.Ended():
		default:
			a.Exit()
		}
	})
	go a.listen()
	return a
}

// Start is the method of Actor.
func (a *Remote) Start(op Op) *Call {
	a.mu.Lock()
	a.last++
	id := a.last
	c := NewCall(op, func() { a.Send(request{ID: id}) })
	if a.dead {
		a.mu.Unlock()
		c.Finish(Result{Code: Dead})
		return c
	}
	a.calls[id] = c
	a.mu.Unlock()
	a.Send(request{id, &op}) // a child that is gone shows in listen
	return c
}

// listen ends the calls that the child answers, and all others when the child
// has ended.
func (a *Remote) listen() {
	for line := range a.Lines() {
		var r reply
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			r.Result = Result{Code: Other, Text: fmt.Sprintf("the child says %q: %v", line, err)}
		}
		a.mu.Lock()
		c := a.calls[r.ID]
		delete(a.calls, r.ID)
		a.mu.Unlock()
		if c != nil {
			c.Finish(r.Result)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dead = true
	for _, c := range a.calls {
		c.Finish(Result{Code: Dead})
	}
	clear(a.calls)
}
