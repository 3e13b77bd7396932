package testproc

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// A Child is the child's side of the conversation. Its methods may be called
// from any goroutine.
type Child struct {
	// Args are the arguments that were given to Start.
	Args []string

	lines chan string
	mu    sync.Mutex
	out   io.Writer
}

// newChild takes standard input and output for the conversation; what other
// code prints goes to standard error.
func newChild() *Child {
	c := &Child{Args: os.Args[1:], lines: make(chan string), out: os.Stdout}
	os.Stdout = os.Stderr
	go c.listen(os.Stdin)
	return c
}

// listen ends the process when the parent has closed the pipe or is dead,
// whatever the child is doing then.
func (c *Child) listen(in io.Reader) {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			os.Exit(0)
		}
		c.lines <- strings.TrimSuffix(line, "\n")
	}
}

// Line returns the next line from the parent.
func (c *Child) Line() string { return <-c.lines }

// Receive reads the next line, as JSON, into v.
func (c *Child) Receive(v any) {
	if err := json.Unmarshal([]byte(c.Line()), v); err != nil {
		c.Fatalf("the parent's line: %v", err)
	}
}

// Sayf writes a line to the parent.
func (c *Child) Sayf(format string, args ...any) {
	c.write(fmt.Appendf(nil, format+"\n", args...))
}

// Send writes v to the parent, as one line of JSON.
func (c *Child) Send(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		c.Fatalf("the child's line: %v", err)
	}
	c.write(append(line, '\n'))
}

func (c *Child) write(line []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.out.Write(line); err != nil {
		os.Exit(0) // the parent is gone
	}
}

// Fatalf ends the child, and thereby fails the test, with this text.
func (c *Child) Fatalf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
