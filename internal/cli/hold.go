package cli

import (
	"context"
	"io"
	"os"
)

// An input is what may end a hold.
type input struct {
	ends <-chan struct{} // closed at the end of the input; nil if that cannot come
}

// holdInput starts to look for the end of the standard input. Input that
// cannot be read, /dev/null or the terminal of another job, never ends: a
// holder in the background of a script would be gone at once.
func (a *app) holdInput() input {
	if f, ok := a.in.(*os.File); ok && hasNoInput(f) {
		return input{}
	}
	ignoreTerminalInput()
	ends := make(chan struct{})
	go func() {
		if _, err := io.Copy(io.Discard, a.in); err == nil {
			close(ends)
		}
	}()
	return input{ends}
}

// until says in words when a hold ends.
func (i input) until() string {
	if i.ends == nil {
		return "until a signal (Ctrl-C)"
	}
	return "until end of input (" + endKey + ") or a signal (Ctrl-C)"
}

// hold blocks until the input ends or a signal comes. Both are the regular end
// of a command that holds something.
func (i input) hold(ctx context.Context) {
	select {
	case <-i.ends:
	case <-ctx.Done():
	}
}
