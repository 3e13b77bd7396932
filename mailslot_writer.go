package ipc

import (
	"context"
	"fmt"

	"github.com/winsys-go/ipc/internal/backend"
)

// A MailslotWriter sends messages to a [Mailslot]. There may be any number of
// them, in any process. Its methods may be called from any goroutine.
type MailslotWriter struct {
	native engineWriter
	name   string
}

// OpenMailslot opens the mailslot name for writing. Names are those of
// [CreateMailslot].
//
//   - [ErrNotExist]: it has no reader.
//   - [ErrInvalidName], [ErrUnsupported]: as for [CreateMailslot].
func OpenMailslot(name string) (*MailslotWriter, error) { return openMailslot(nil, name) }

// OpenMailslot is like the function [OpenMailslot], in n.
func (n *Namespace) OpenMailslot(name string) (*MailslotWriter, error) {
	if n == nil {
		return nil, failNil("open mailslot")
	}
	return openMailslot(n, name)
}

func openMailslot(n *Namespace, name string) (*MailslotWriter, error) {
	w := &MailslotWriter{name: name}
	e, base, err := placeMailslot(n, name)
	if err == nil {
		err = e.OpenMailslot(&w.native, base)
	}
	if err != nil {
		return nil, fail("open mailslot", name, err)
	}
	return w, nil
}

// Put sends a message, which may be empty, and blocks until there is room for it
// or ctx is done. Writers get room in the order in which they came; one that is
// stopped while it writes holds up the others. On failure nothing was sent.
//
//   - [ErrMessageTooBig]: the mailslot does not take messages of that size.
//   - [ErrNotExist]: the reader has closed the mailslot or ended.
//   - [ErrNoSpace]: there is no memory left for the queue.
//   - [ErrClosed]: the handle was closed before or meanwhile.
//   - the context's error.
func (w *MailslotWriter) Put(ctx context.Context, message []byte) error {
	if w == nil {
		return failNil("write mailslot")
	}
	if err := w.native.Put(ctx, message); err != nil {
		return fail("write mailslot", w.name, err)
	}
	return nil
}

// TryPut sends a message if there is room for it, and does not wait for that. On
// Linux it waits for its turn while another writer is writing, which takes no longer
// than to copy a message.
//
//   - [ErrMailslotFull]: there is no room now. On Windows there always is.
//   - [ErrStalled]: another writer has not come to its end in 30 seconds.
//   - the other errors of Put.
func (w *MailslotWriter) TryPut(message []byte) error {
	if w == nil {
		return failNil("write mailslot")
	}
	if err := w.native.TryPut(message); err != nil {
		return fail("write mailslot", w.name, err)
	}
	return nil
}

// Get fails with [ErrInvalidUse]: an end that writes does not read.
func (w *MailslotWriter) Get(context.Context) ([]byte, error) {
	if w == nil {
		return nil, failNil("read mailslot")
	}
	return nil, fail("read mailslot", w.name, fmt.Errorf("%w: this is an end that writes: read through CreateMailslot", ErrInvalidUse))
}

// Name gives the name that the mailslot was opened with.
func (w *MailslotWriter) Name() string {
	if w == nil {
		return ""
	}
	return w.name
}

// Info describes the mailslot, its queue and its handles at one instant.
func (w *MailslotWriter) Info() (Info, error) {
	if w == nil {
		return Info{}, failNil("query mailslot")
	}
	b, err := w.native.Info()
	if err != nil {
		return Info{}, fail("query mailslot", w.name, err)
	}
	return makeInfo(&b), nil
}

// String names the mailslot for people.
func (w *MailslotWriter) String() string { return describe(backend.Mailslot, w.Name()) }

// Close closes the handle; its blocked calls return ErrClosed. What was sent
// stays with the reader. Closing it again does nothing.
func (w *MailslotWriter) Close() error {
	if w == nil {
		return failNil("close mailslot")
	}
	if err := w.native.Close(); err != nil {
		return fail("close mailslot", w.name, err)
	}
	return nil
}
