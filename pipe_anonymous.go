package ipc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// AnonymousPipe makes a pipe without a name, of bytes and one direction. What is
// written to the one end is read from the other, in this process or in one that
// has inherited it.
func AnonymousPipe() (*PipeReader, *PipeWriter, error) {
	r, w, err := anonymousPipe()
	if err != nil {
		return nil, nil, fail("create anonymous pipe", "", err)
	}
	return &PipeReader{file: r}, &PipeWriter{file: w}, nil
}

// A pipeEnd is what an end of an anonymous pipe is in this process: an *os.File, but
// for what was inherited on Windows.
type pipeEnd interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// A PipeReader is the end of an anonymous pipe that is read.
//
// Its methods may be called from any goroutine. A nil or closed PipeReader
// gives errors, never a panic.
type PipeReader struct {
	file pipeEnd
	lent lentFiles
}

// A PipeWriter is the end of an anonymous pipe that is written to. It is like a
// [PipeReader] otherwise.
type PipeWriter struct {
	file pipeEnd
	lent lentFiles
}

// Read reads what has arrived, up to len(p) bytes, and blocks while that is
// nothing.
//
//   - io.EOF: every PipeWriter is closed, those of other processes too, and all
//     is read.
//   - [ErrClosed], which is net.ErrClosed too; os.ErrDeadlineExceeded.
func (r *PipeReader) Read(p []byte) (int, error) {
	if r == nil || r.file == nil {
		return 0, failNil("read from anonymous pipe")
	}
	n, err := r.file.Read(p)
	return n, failAnonymous("read from anonymous pipe", err)
}

// Write writes p and returns when the system has taken all of it.
//
//   - [ErrBrokenPipe]: every PipeReader is closed.
//   - [ErrClosed], which is net.ErrClosed too; os.ErrDeadlineExceeded.
func (w *PipeWriter) Write(p []byte) (int, error) {
	if w == nil || w.file == nil {
		return 0, failNil("write to anonymous pipe")
	}
	n, err := w.file.Write(p)
	return n, failAnonymous("write to anonymous pipe", err)
}

// SetReadDeadline ends every Read, also one that is blocked, at t. The zero
// value means never. [ErrUnsupported] where the system has no such deadlines.
func (r *PipeReader) SetReadDeadline(t time.Time) error {
	if r == nil || r.file == nil {
		return failNil("set deadline of anonymous pipe")
	}
	return failAnonymous("set deadline of anonymous pipe", r.file.SetReadDeadline(t))
}

// SetWriteDeadline is like SetReadDeadline, for Write.
func (w *PipeWriter) SetWriteDeadline(t time.Time) error {
	if w == nil || w.file == nil {
		return failNil("set deadline of anonymous pipe")
	}
	return failAnonymous("set deadline of anonymous pipe", w.file.SetWriteDeadline(t))
}

// Close closes this end; a blocked Read returns ErrClosed. Closing it again
// does nothing.
func (r *PipeReader) Close() error {
	if r == nil || r.file == nil {
		return failNil("close anonymous pipe")
	}
	return closeAnonymous(r.file, &r.lent)
}

// Close is like that of a PipeReader.
func (w *PipeWriter) Close() error {
	if w == nil || w.file == nil {
		return failNil("close anonymous pipe")
	}
	return closeAnonymous(w.file, &w.lent)
}

func closeAnonymous(f pipeEnd, lent *lentFiles) error {
	err := f.Close()
	lent.close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return failAnonymous("close anonymous pipe", err)
}

// Name is empty: it is there for [Inheritable].
func (r *PipeReader) Name() string { return "" }

// Name is like that of a PipeReader.
func (w *PipeWriter) Name() string { return "" }

// failAnonymous gives the errors of files those of pipes.
func failAnonymous(op string, err error) error {
	var path *os.PathError
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, os.ErrClosed):
		err = errPipeClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = os.ErrDeadlineExceeded
	case errors.Is(err, os.ErrNoDeadline):
		err = fmt.Errorf("%w: %w", ErrUnsupported, err)
	case errors.Is(err, errNobodyReads):
		err = fmt.Errorf("%w: %w", ErrBrokenPipe, errNobodyReads)
	case errors.As(err, &path):
		err = path.Err
	}
	return fail(op, "", err)
}
