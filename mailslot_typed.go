package ipc

import (
	"context"
	"fmt"
	"iter"

	"github.com/winsys-go/ipc/codec"
)

// A MailslotOf is a [Mailslot] whose messages are values of one type, made and
// read by a codec.
type MailslotOf[T any] struct {
	slot  *Mailslot
	codec codec.Codec
}

// CreateMailslotOf is [CreateMailslot] for values of type T. A nil codec is
// [codec.JSON]; those who write must use the same.
func CreateMailslotOf[T any](name string, c codec.Codec, o *MailslotOptions) (*MailslotOf[T], error) {
	m, err := CreateMailslot(name, o)
	if err != nil {
		return nil, err
	}
	return ReadAs[T](m, c), nil
}

// ReadAs reads a mailslot as values of type T: one of a [Namespace], say. A nil
// codec is [codec.JSON].
func ReadAs[T any](m *Mailslot, c codec.Codec) *MailslotOf[T] {
	return &MailslotOf[T]{m, orJSON(c)}
}

func orJSON(c codec.Codec) codec.Codec {
	if c == nil {
		return codec.JSON
	}
	return c
}

// Get takes the next message, as [Mailslot.Get], and decodes it. A message that
// cannot be decoded is taken all the same, and returned in a [MessageError].
func (m *MailslotOf[T]) Get(ctx context.Context) (T, error) {
	return m.decode(m.Mailslot().Get(ctx))
}

// TryGet is Get without waiting, as [Mailslot.TryGet].
func (m *MailslotOf[T]) TryGet() (T, error) { return m.decode(m.Mailslot().TryGet()) }

func (m *MailslotOf[T]) decode(message []byte, err error) (value T, _ error) {
	if err != nil {
		return value, err
	}
	if err := m.codec.Unmarshal(message, &value); err != nil {
		var none T // it may have been decoded in part
		return none, fail("read mailslot", m.slot.name, &MessageError{message, err})
	}
	return value, nil
}

// Messages gives the values as they come, as [Mailslot.Messages]. After a
// message that cannot be decoded, for which it gives a [MessageError], it goes on.
func (m *MailslotOf[T]) Messages(ctx context.Context) iter.Seq2[T, error] {
	return messages(ctx, m.Get)
}

// Mailslot gives the mailslot itself, to wait for or to ask about.
func (m *MailslotOf[T]) Mailslot() *Mailslot {
	if m == nil {
		return nil
	}
	return m.slot
}

// Close is [Mailslot.Close].
func (m *MailslotOf[T]) Close() error { return m.Mailslot().Close() }

// A MailslotWriterOf is a [MailslotWriter] whose messages are values of one type.
type MailslotWriterOf[T any] struct {
	writer *MailslotWriter
	codec  codec.Codec
}

// OpenMailslotOf is [OpenMailslot] for values of type T. A nil codec is
// [codec.JSON].
func OpenMailslotOf[T any](name string, c codec.Codec) (*MailslotWriterOf[T], error) {
	w, err := OpenMailslot(name)
	if err != nil {
		return nil, err
	}
	return WriteAs[T](w, c), nil
}

// WriteAs writes values of type T through w: one of a [Namespace], say. A nil
// codec is [codec.JSON].
func WriteAs[T any](w *MailslotWriter, c codec.Codec) *MailslotWriterOf[T] {
	return &MailslotWriterOf[T]{w, orJSON(c)}
}

// Put sends a value, as [MailslotWriter.Put].
//
//   - [ErrMessageTooComplex]: the codec cannot make a message of it.
func (w *MailslotWriterOf[T]) Put(ctx context.Context, value T) error {
	message, err := w.encode(value)
	if err != nil {
		return err
	}
	return w.writer.Put(ctx, message)
}

// TryPut sends a value if there is room, as [MailslotWriter.TryPut].
//
//   - [ErrMessageTooComplex]: the codec cannot make a message of it.
func (w *MailslotWriterOf[T]) TryPut(value T) error {
	message, err := w.encode(value)
	if err != nil {
		return err
	}
	return w.writer.TryPut(message)
}

func (w *MailslotWriterOf[T]) encode(value T) ([]byte, error) {
	if w.Writer() == nil {
		return nil, failNil("write mailslot")
	}
	message, err := w.codec.Marshal(value)
	if err != nil {
		return nil, fail("write mailslot", w.writer.name, fmt.Errorf("%w by %s: %w", ErrMessageTooComplex, w.codec.Name(), err))
	}
	return message, nil
}

// Writer gives the writer itself.
func (w *MailslotWriterOf[T]) Writer() *MailslotWriter {
	if w == nil {
		return nil
	}
	return w.writer
}

// Close is [MailslotWriter.Close].
func (w *MailslotWriterOf[T]) Close() error { return w.Writer().Close() }
