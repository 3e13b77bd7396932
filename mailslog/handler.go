// Package mailslog sends log records to a mailslot, so that one process gathers
// what many have to say: whatever becomes of the writers, a record comes as a
// whole or not at all.
//
//	w, err := ipc.OpenMailslot("log")
//	…
//	slog.SetDefault(slog.New(mailslog.NewHandler(w, nil)))
//
// A record is a message of one line of JSON, as [slog.JSONHandler] writes it,
// without a line feed at its end; `ipc mailslot read log --follow` shows them.
package mailslog

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/winsys-go/ipc"
)

// Options change how a Handler works. Nil and the zero value mean all records
// from Info on, and none that waits.
type Options struct {
	slog.HandlerOptions

	// Wait lets a record wait for room when the mailslot is full, as long as its
	// context allows. Otherwise it is dropped and counted: a program should not
	// stand still because nobody reads its log.
	Wait bool
}

// A Handler is a [slog.Handler] that sends each record as a message.
type Handler struct {
	json slog.Handler
	out  *output
}

// NewHandler returns a Handler that writes to w, which the caller closes.
func NewHandler(w *ipc.MailslotWriter, o *Options) *Handler {
	if o == nil {
		o = &Options{}
	}
	out := &output{writer: w, wait: o.Wait}
	return &Handler{slog.NewJSONHandler(out, &o.HandlerOptions), out}
}

// Dropped is the number of records that were not sent, for whatever reason, by
// this Handler and those that were made of it.
func (h *Handler) Dropped() uint64 { return h.out.dropped.Load() }

// Enabled reports whether records of a level are sent.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.json.Enabled(ctx, level)
}

// Handle sends a record. Its error says why it was dropped.
//
//   - [ipc.ErrMailslotFull]: there is no room, and the Handler does not wait.
//   - the other errors of [ipc.MailslotWriter.Put].
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	line := lines.Get().(*[]byte)
	defer lines.Put(line)
	err := h.format(ctx, r, line)
	if err == nil {
		err = h.out.send(ctx, *line)
	}
	if err != nil {
		h.out.dropped.Add(1)
	}
	return err
}

// lines are buffers for records.
var lines = sync.Pool{New: func() any { return new([]byte) }}

// format makes the line of a record.
func (h *Handler) format(ctx context.Context, r slog.Record, line *[]byte) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.line = (*line)[:0]
	err := h.json.Handle(ctx, r)
	*line = bytes.TrimSuffix(h.out.line, []byte("\n"))
	return err
}

// WithAttrs returns a Handler whose records have these attributes, too.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.json.WithAttrs(attrs), h.out}
}

// WithGroup returns a Handler whose records have their attributes in a group.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.json.WithGroup(name), h.out}
}

// An output is what the Handlers that were made of one share.
type output struct {
	writer  *ipc.MailslotWriter
	wait    bool
	dropped atomic.Uint64

	mu   sync.Mutex
	line []byte // the record that is being formatted
}

// Write takes what the JSON handler has made of a record.
func (o *output) Write(p []byte) (int, error) {
	o.line = append(o.line, p...)
	return len(p), nil
}

func (o *output) send(ctx context.Context, line []byte) error {
	if o.wait {
		return o.writer.Put(ctx, line)
	}
	return o.writer.TryPut(line)
}
