package bequest

import (
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// A Loan is a duplicate of a handle that children of this process inherit, if it
// is in the list of those that they are to inherit.
type Loan struct {
	Note
	once sync.Once
}

// A Note says which handle a child has inherited, and with which rights.
type Note struct {
	Handle windows.Handle `json:"h"`
	Access uint32         `json:"a"`
}

// Lend duplicates a handle, with the same rights.
func Lend(h windows.Handle) (*Loan, error) { return lend(h, 0, windows.DUPLICATE_SAME_ACCESS) }

// LendBare duplicates a handle with no right but to wait for it.
func LendBare(h windows.Handle) (*Loan, error) { return lend(h, windows.SYNCHRONIZE, 0) }

func lend(h windows.Handle, access, options uint32) (*Loan, error) {
	self := windows.CurrentProcess()
	l := &Loan{}
	if err := windows.DuplicateHandle(self, h, self, &l.Handle, access, true, options); err != nil {
		return nil, err
	}
	info, err := win32.QueryObject(l.Handle)
	if err != nil {
		l.Close()
		return nil, err
	}
	l.Access = info.Access
	return l, nil
}

// Close takes the duplicate back. Children that have been started have theirs.
func (l *Loan) Close() (err error) {
	l.once.Do(func() { err = windows.CloseHandle(l.Handle) })
	return err
}
