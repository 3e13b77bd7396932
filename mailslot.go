package ipc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Mailslot is a queue of messages from many writers, seen by its one reader.
// A message comes as a whole or not at all, and those of one writer in their
// order; a writer that dies leaves what it has sent, and nothing of what it was
// just sending. A Mailslot can be waited for like other objects: it is signalled
// while there are messages, and waiting takes none.
//
// Its methods may be called from any goroutine; each message goes to one.
type Mailslot struct {
	native engineMailslot
	name   string
}

// MailslotOptions are the attributes of a new mailslot. Nil and the zero value
// mean messages of any size that fits, a queue of 16 MiB, and reads that wait.
type MailslotOptions struct {
	// MaxMessageSize is the size of the longest message, in bytes; 0 means as
	// much as the queue takes.
	MaxMessageSize int
	// ReadTimeout is how long Get waits for a message: 0 for ever, a negative
	// time not at all. Then it returns ErrMailslotEmpty.
	ReadTimeout time.Duration
	// QueueBytes is the room for messages, of which each takes 8 bytes more than
	// it has; 0 means 16 MiB, at most 1 GiB is possible. It is rounded up to a
	// power of two. Memory is taken as the queue fills. Windows has no limit, and
	// ignores it.
	QueueBytes int64
	// Security is a security descriptor in SDDL, on Windows.
	// [ErrUnsupported] elsewhere: the namespace is the boundary.
	Security string
}

// maxQueue is the largest queue.
const maxQueue = 1 << 30

// CreateMailslot creates the mailslot name, for this process to read. The name
// is a path: `name` and `path\name` mean `\\.\mailslot\path\name`; the case of
// letters does not matter, and the directories of the path need not exist. The
// mailslot lives until it is closed or the process ends; what it holds is lost
// then.
//
//   - [ErrExist]: the mailslot has a reader.
//   - [ErrInvalidName]: an empty name, an empty part of the path, . or .., more
//     than 1024 bytes, or not UTF-8.
//   - [ErrUnsupported]: a name on another machine.
//   - [ErrInvalid]: a size out of range.
//   - the errors of [OpenNamespace].
func CreateMailslot(name string, o *MailslotOptions) (*Mailslot, error) {
	return createMailslot(nil, name, o)
}

// CreateMailslot is like the function [CreateMailslot], in n.
func (n *Namespace) CreateMailslot(name string, o *MailslotOptions) (*Mailslot, error) {
	if n == nil {
		return nil, failNil("create mailslot")
	}
	return createMailslot(n, name, o)
}

func createMailslot(n *Namespace, name string, o *MailslotOptions) (*Mailslot, error) {
	if o == nil {
		o = &MailslotOptions{}
	}
	m := &Mailslot{name: name}
	spec, err := o.spec()
	if err == nil {
		var e *engineNamespace
		if e, spec.Name, err = placeMailslot(n, name); err == nil {
			err = e.CreateMailslot(&m.native, &spec)
		}
	}
	if err != nil {
		return nil, fail("create mailslot", name, err)
	}
	return m, nil
}

// spec checks the options.
func (o *MailslotOptions) spec() (backend.MailslotSpec, error) {
	spec := backend.MailslotSpec{
		Security: o.Security, MaxMessage: int64(o.MaxMessageSize), ReadTimeout: o.ReadTimeout, Queue: o.QueueBytes,
	}
	const header = 8
	switch {
	case spec.MaxMessage < 0 || spec.MaxMessage > maxQueue-header:
		return spec, fmt.Errorf("MaxMessageSize %d is not between 0 and %d: %w", spec.MaxMessage, maxQueue-header, ErrInvalid)
	case spec.Queue < 0 || spec.Queue > maxQueue:
		return spec, fmt.Errorf("QueueBytes %d is not between 0 and %d: %w", spec.Queue, maxQueue, ErrInvalid)
	case spec.Queue == 0:
		spec.Queue = backend.DefaultQueue
	}
	return spec, checkSecurity(o.Security)
}

// Get takes the next message, and blocks until there is one, the mailslot's
// ReadTimeout has passed or ctx is done. A message wins over a ctx that is done
// already. On failure no message was taken.
//
//   - [ErrMailslotEmpty]: the ReadTimeout has passed.
//   - [ErrClosed]: the mailslot was closed before or meanwhile.
//   - the context's error.
func (m *Mailslot) Get(ctx context.Context) ([]byte, error) {
	if m == nil {
		return nil, failNil("read mailslot")
	}
	message, err := m.native.Get(ctx)
	if err != nil {
		return nil, fail("read mailslot", m.name, err)
	}
	return message, nil
}

// GetInto is Get into buf, and returns the size of the message. It allocates
// nothing.
//
//   - [ErrShortBuffer]: the message is longer than buf. It stays the next one,
//     and the size that it needs is returned.
func (m *Mailslot) GetInto(ctx context.Context, buf []byte) (int, error) {
	if m == nil {
		return 0, failNil("read mailslot")
	}
	n, err := m.native.GetInto(ctx, buf)
	if err != nil {
		return n, fail("read mailslot", m.name, err)
	}
	return n, nil
}

// TryGet takes the next message if there is one, and never blocks.
//
//   - [ErrMailslotEmpty]: there is none.
func (m *Mailslot) TryGet() ([]byte, error) {
	if m == nil {
		return nil, failNil("read mailslot")
	}
	message, err := m.native.TryGet()
	if err != nil {
		return nil, fail("read mailslot", m.name, err)
	}
	return message, nil
}

// TryGetInto is TryGet into buf, with the results of GetInto.
func (m *Mailslot) TryGetInto(buf []byte) (int, error) {
	if m == nil {
		return 0, failNil("read mailslot")
	}
	n, err := m.native.TryGetInto(buf)
	if err != nil {
		return n, fail("read mailslot", m.name, err)
	}
	return n, nil
}

// Messages gives the messages as they come, until ctx is done or the mailslot is
// closed, which end it without an error, or its ReadTimeout passes, which ends
// it likewise. Any other error is given once, as the last thing.
func (m *Mailslot) Messages(ctx context.Context) iter.Seq2[[]byte, error] {
	return messages(ctx, m.Get)
}

// messages gives what get gives, until that is over.
func messages[T any](ctx context.Context, get func(context.Context) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for ctx.Err() == nil {
			message, err := get(ctx)
			switch {
			case errors.Is(err, ErrClosed) || errors.Is(err, ErrMailslotEmpty) || err != nil && ctx.Err() != nil:
				return
			case !yield(message, err):
				return
			case err != nil && !isMessageError(err):
				return
			}
		}
	}
}

// isMessageError reports whether an error concerns one message only.
func isMessageError(err error) bool {
	var bad *MessageError
	return errors.As(err, &bad)
}

// Wait blocks until there is a message or ctx is done, and takes none.
//
//   - [ErrClosed]: the mailslot was closed before or during the wait.
//   - the context's error.
func (m *Mailslot) Wait(ctx context.Context) error {
	if m == nil {
		return failNil("wait for mailslot")
	}
	if err := m.native.Wait(ctx); err != nil {
		return fail("wait for mailslot", m.name, err)
	}
	return nil
}

// Put fails with [ErrInvalidUse]: the end that reads does not write.
func (m *Mailslot) Put(context.Context, []byte) error {
	if m == nil {
		return failNil("write mailslot")
	}
	return fail("write mailslot", m.name, fmt.Errorf("%w: this is the end that reads: write through OpenMailslot", ErrInvalidUse))
}

// SetReadTimeout changes how long the reads that begin from now on wait: 0 for
// ever, a negative time not at all.
func (m *Mailslot) SetReadTimeout(d time.Duration) error {
	if m == nil {
		return failNil("set read timeout of mailslot")
	}
	if err := m.native.SetReadTimeout(d); err != nil {
		return fail("set read timeout of mailslot", m.name, err)
	}
	return nil
}

// Len gives the number of messages in the queue.
func (m *Mailslot) Len() (int, error) {
	if m == nil {
		return 0, failNil("query mailslot")
	}
	n, err := m.native.Len()
	if err != nil {
		return 0, fail("query mailslot", m.name, err)
	}
	return n, nil
}

// Name gives the name that the mailslot was created with.
func (m *Mailslot) Name() string {
	if m == nil {
		return ""
	}
	return m.name
}

// Info describes the mailslot, its queue and its handles at one instant.
func (m *Mailslot) Info() (Info, error) {
	if m == nil {
		return Info{}, failNil("query mailslot")
	}
	b, err := m.native.Info()
	if err != nil {
		return Info{}, fail("query mailslot", m.name, err)
	}
	return makeInfo(&b), nil
}

// String names the mailslot for people.
func (m *Mailslot) String() string { return describe(backend.Mailslot, m.Name()) }

// Close ends the mailslot: blocked calls return ErrClosed, its messages are lost,
// and its name is free at once. Writers that have it open get [ErrNotExist],
// also when there is a new mailslot of that name. Closing it again does nothing.
func (m *Mailslot) Close() error {
	if m == nil {
		return failNil("close mailslot")
	}
	if err := m.native.Close(); err != nil {
		return fail("close mailslot", m.name, err)
	}
	return nil
}

func (m *Mailslot) ref() (reference, error) {
	if m == nil {
		return reference{}, errNilObject
	}
	return reference{object: &m.native.Object}, nil
}
