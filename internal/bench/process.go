package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/winsys-go/ipc"
)

// ChildCommand is the first argument of a child. A program that measures calls
// [Child] with what follows.
const ChildCommand = "bench-child"

var roles = map[string]func(*Role){}

// Register makes a role known, from an init function. The child ends when its
// function returns, or when its input ends.
func Register(name string, play func(*Role)) {
	if roles[name] != nil {
		panic("bench: role " + name + " is registered twice")
	}
	roles[name] = play
}

// Child plays the role that a child was started for, and gives its exit
// status.
func Child(args []string) int {
	if len(args) == 0 || roles[args[0]] == nil {
		fmt.Fprintln(os.Stderr, "bench: only a measurement runs this")
		return 2
	}
	r := &Role{Args: args[1:], lines: make(chan string)}
	go r.listen()
	roles[args[0]](r)
	return 0
}

// A Role is a child, seen from inside.
type Role struct {
	Args  []string
	lines chan string
	mu    sync.Mutex
}

// listen ends the process when the parent is gone, whatever it does then.
func (r *Role) listen() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			os.Exit(0)
		}
		r.lines <- strings.TrimSpace(line)
	}
}

// Number is an argument as a number.
func (r *Role) Number(i int) int { return Must(strconv.Atoi(r.Args[i])) }

// Order waits for the parent's next line, which is numbers.
func (r *Role) Order() []int {
	var numbers []int
	for word := range strings.FieldsSeq(<-r.lines) {
		numbers = append(numbers, Must(strconv.Atoi(word)))
	}
	return numbers
}

// Say writes v to the parent.
func (r *Role) Say(v any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	Must(os.Stdout.Write(append(Must(json.Marshal(v)), '\n')))
}

// Ready says that the child is.
func (r *Role) Ready() { r.Say("ready") }

// Namespace opens the namespace in the first argument.
func (r *Role) Namespace() *ipc.Namespace { return Must(ipc.OpenNamespace(r.Args[0], nil)) }

// A Process is a child, seen from its parent.
type Process struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader
	err   bytes.Buffer
	ended bool
}

// patience is how long a child may take to answer.
const patience = 60 * time.Second

// Start starts a child in a role and waits until it is ready. It ends with the
// figure.
func (s *Stage) Start(role string, args ...any) *Process {
	p := s.Begin(nil, role, args...)
	p.Await()
	return p
}

// environment adds to that of a child.
func environment(words ...string) func(*exec.Cmd) {
	return func(c *exec.Cmd) { c.Env = append(c.Env, words...) }
}

// Begin is Start without the waiting; change, if any, changes the command.
func (s *Stage) Begin(change func(*exec.Cmd), role string, args ...any) *Process {
	words := []string{ChildCommand, role}
	for _, a := range args {
		words = append(words, fmt.Sprint(a))
	}
	p := &Process{name: role, cmd: exec.Command(Must(os.Executable()), words...)}
	p.cmd.Env = os.Environ()
	p.cmd.Stderr = &p.err
	apart(p.cmd)
	if change != nil {
		change(p.cmd)
	}
	p.in = Must(p.cmd.StdinPipe())
	p.lines = bufio.NewReader(Must(p.cmd.StdoutPipe()))
	Check(p.cmd.Start())
	s.Cleanup(p.End)
	return p
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Tell writes an order.
func (p *Process) Tell(numbers ...int) {
	line := strings.Trim(fmt.Sprint(numbers), "[]") + "\n"
	Must(io.WriteString(p.in, line))
}

// Await waits until the child is ready.
func (p *Process) Await() {
	var ready string
	p.Hear(&ready)
}

// Hear reads the child's next line into v.
func (p *Process) Hear(v any) {
	timer := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		p.End()
		panic(fmt.Errorf("bench: the process %q ended too early (%v) %s", p.name, p.cmd.ProcessState, p.err.Bytes()))
	}
	Check(json.Unmarshal(line, v))
}

// Ask tells numbers and hears values.
func (p *Process) Ask(numbers ...int) (v Values) {
	p.Tell(numbers...)
	p.Hear(&v)
	return v
}

// Kill ends the child as if by lightning.
func (p *Process) Kill() {
	Check(p.cmd.Process.Kill())
	p.End()
}

// End ends the child, and waits until it is gone.
func (p *Process) End() error {
	if p.ended {
		return nil
	}
	p.ended = true
	p.in.Close()
	timer := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	io.Copy(io.Discard, p.lines)
	p.cmd.Wait()
	return nil
}
