package nt

import (
	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/bequest"
)

// Lend makes a duplicate of the handle for a child process.
func (o *Object) Lend() (loan *bequest.Loan, err error) {
	err = o.using(func(h windows.Handle) error {
		loan, err = bequest.Lend(h)
		return err
	})
	return loan, err
}

// ManualTimer reports whether the object is a timer that stays signalled, which the
// kernel does not tell.
func (o *Object) ManualTimer() bool { return o.kind == backend.Timer && o.isManual() }

// Receive makes o the handle in a note, which was claimed, to an object of the
// namespace.
func (n *Namespace) Receive(o *Object, note bequest.Note, spec backend.Spec) error {
	full, _, err := n.full(spec.Name)
	if err != nil {
		return err
	}
	if err := note.CheckName(full); err != nil {
		return err
	}
	return n.bind(o, note.Handle, &spec, full, true)
}
