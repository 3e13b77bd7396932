//go:build linux

package linux

import (
	"errors"
	"fmt"
)

var (
	// ErrDamaged says that a segment's file is not what its creator made.
	ErrDamaged = errors.New("segment is damaged")

	// ErrStale is what a check returns for a segment from an earlier boot, which
	// nobody can be using.
	ErrStale = errors.New("segment is from an earlier boot")
)

// A refusal is a sentence for people around an error for programs. The
// sentence says it all, so the error's own text is not appended.
type refusal struct {
	text string
	err  error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.err }

// refuse makes an error that is err and reads as the sentence.
func refuse(err error, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), err}
}
