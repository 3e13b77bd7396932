package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/winsys-go/ipc"
)

// An object is what all handles have.
type object interface {
	Existed() bool
	Info() (ipc.Info, error)
	Close() error
}

// create makes an object with the function do, or opens the one that exists,
// says so and, unless it is permanent, keeps it open until the input ends or a
// signal comes.
func (a *app) create(ctx context.Context, kind, name string, permanent bool, do func(*ipc.Namespace, string) (object, error)) error {
	o, err := ensure(a, kind, name, do)
	if err != nil {
		return err
	}
	defer o.Close()
	if err := a.checkPermanent(o, kind, name, permanent); err != nil {
		return err
	}
	return a.keep(ctx, o, kind, name, permanent)
}

// checkPermanent refuses an object that was to be permanent and is not, since
// somebody else had created it: it would be gone with its last handle.
func (a *app) checkPermanent(o object, kind, name string, permanent bool) error {
	if !permanent || !o.Existed() {
		return nil
	}
	info, err := o.Info()
	if err == nil && !info.Permanent {
		err = fmt.Errorf("%s %q exists already and is not permanent: wait until nobody has it open (%s)",
			kind, name, a.advice("show", kind+":"+name))
	}
	return err
}

// keep reports an object that was created or opened and holds it.
func (a *app) keep(ctx context.Context, o object, kind, name string, permanent bool) error {
	action := "created"
	if o.Existed() {
		action = "opened"
		a.complain("%s %q existed already: its attributes are as they were", kind, name)
	}
	var in input
	if !permanent {
		in = a.holdInput()
		a.complain("%s %q is kept open %s%s", kind, name, in.until(), permanentHint)
	}
	if err := a.say(did(action, kind, name), action+" "+kind+":"+printable(name)); err != nil {
		return err
	}
	if !permanent {
		in.hold(ctx)
	}
	return nil
}

// ensure creates an object with the function do, or opens the one that exists.
func ensure[T any](a *app, kind, name string, do func(*ipc.Namespace, string) (T, error)) (T, error) {
	var none T
	n, base, err := a.place(kind, name, toMake)
	if err != nil {
		return none, err
	}
	o, err := do(n, base)
	if err != nil {
		return none, a.explain(err, kind, name, "")
	}
	return o, nil
}

// open opens an existing object with the method do of its namespace.
func open[T any](a *app, kind, name string, do func(*ipc.Namespace, string) (T, error)) (T, error) {
	var none T
	n, base, err := a.place(kind, name, toUse)
	if errors.Is(err, errNoNamespace) {
		err = fmt.Errorf("%s %q does not exist: %w (%s)", kind, name, err, a.createHint(kind, name))
	}
	if err != nil {
		return none, err
	}
	o, err := do(n, base)
	if err != nil {
		return none, a.explain(err, kind, name, a.createHint(kind, name))
	}
	return o, nil
}
