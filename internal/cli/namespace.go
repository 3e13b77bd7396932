package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/winsys-go/ipc"
)

const globalPrefix = `Global\`

// A wish says whether a command may make the namespace that it is pointed at.
type wish bool

const (
	toUse  wish = false // it must be there: a mistyped directory is an error
	toMake wish = true
)

var errNoNamespace = errors.New("there is no namespace")

// place finds the namespace that the name of an object belongs to, and the name
// within it.
func (a *app) place(kind, name string, w wish) (*ipc.Namespace, string, error) {
	if err := a.checkName(kind, name); err != nil {
		return nil, "", err
	}
	base, global := strings.CutPrefix(name, globalPrefix)
	switch {
	case a.dir != "":
		n, err := a.namespace(w)
		return n, name, err
	case global:
		n, err := ipc.GlobalNamespace()
		return n, base, err
	default:
		n, err := ipc.DefaultNamespace()
		return n, name, err
	}
}

// checkName says what is wrong with a name, whether or not there is a namespace to
// look it up in: one that is not open says that, and nothing else.
func (a *app) checkName(kind, name string) error {
	if a.dir != "" && isGlobal(kind, name) {
		return usage(`%s belongs to the machine's namespace: leave --namespace or the prefix out`, name)
	}
	var none ipc.Namespace
	var err error
	switch kind {
	case "mailslot":
		_, err = none.OpenMailslot(name)
	case "pipe":
		_, err = none.TryDialPipe(name)
	default: // they share their names
		_, err = none.OpenEvent(name)
	}
	var e *ipc.Error
	if errors.Is(err, ipc.ErrClosed) || !errors.As(err, &e) {
		return nil
	}
	return fmt.Errorf("%s %q: %w", kind, name, e.Err)
}

func isGlobal(kind, name string) bool {
	switch kind {
	case "mailslot":
		name = mailslotPath(name)
	case "pipe":
		name = pipeBase(name)
		return len(name) >= len(globalPrefix) && strings.EqualFold(name[:len(globalPrefix)], globalPrefix)
	}
	return strings.HasPrefix(name, globalPrefix)
}

// namespace opens what --namespace names.
func (a *app) namespace(w wish) (*ipc.Namespace, error) {
	if a.opened != nil {
		return a.opened, nil
	}
	n, err := ipc.OpenNamespace(a.dir, &ipc.NamespaceOptions{Group: a.group, MustExist: w == toUse})
	if w == toUse && errors.Is(err, ipc.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", errNoNamespace, a.dir)
	}
	a.opened = n
	return n, err
}

func (a *app) closeNamespace() error {
	if a.opened == nil {
		return nil
	}
	return a.opened.Close()
}

// objects lists what is there and opens none of it: the objects of
// --namespace, or the user's own and those of the machine, whose names then
// have their prefix.
func (a *app) objects() ([]ipc.Info, error) {
	if a.dir != "" {
		n, err := a.namespace(toUse)
		if err != nil {
			return nil, err
		}
		return n.Objects()
	}
	n, err := ipc.DefaultNamespace()
	if err != nil {
		return nil, err
	}
	list, err := n.Objects()
	if err != nil {
		return nil, err
	}
	shared, err := globalObjects()
	return append(list, shared...), err
}

// globalObjects lists the machine's objects: none where there is no such
// namespace for this user.
func globalObjects() ([]ipc.Info, error) {
	n, err := ipc.GlobalNamespace()
	switch {
	case errors.Is(err, ipc.ErrNotExist), errors.Is(err, ipc.ErrPermission), errors.Is(err, ipc.ErrUnsupported):
		return nil, nil
	case err != nil:
		return nil, err
	}
	list, err := n.Objects()
	for i := range list {
		if list[i].Name != "" {
			list[i].Name = globalPrefix + list[i].Name
		}
	}
	return list, err
}

// find looks an object up by its name, without opening it.
func (a *app) find(name string) (ipc.Info, bool, error) {
	list, err := a.objects()
	if err != nil {
		return ipc.Info{}, false, err
	}
	name = strings.TrimPrefix(name, `Local\`)
	i := slices.IndexFunc(list, func(o ipc.Info) bool { return o.Name == name && name != "" && o.Type != "mailslot" })
	if i < 0 {
		return ipc.Info{}, false, nil
	}
	return list[i], true, nil
}

// findMailslot looks a mailslot up by its name, which has nothing to do with the
// names of other objects.
func (a *app) findMailslot(name string) (ipc.Info, bool, error) {
	list, err := a.objects()
	if err != nil {
		return ipc.Info{}, false, err
	}
	want := mailslotPath(name)
	i := slices.IndexFunc(list, func(o ipc.Info) bool { return o.Type == "mailslot" && strings.EqualFold(o.Name, want) })
	if i >= 0 {
		return list[i], true, nil
	}
	return a.askMailslot(name)
}

// askMailslot opens a mailslot to ask about it, where the system does not list
// them.
func (a *app) askMailslot(name string) (ipc.Info, bool, error) {
	n, base, err := a.place("mailslot", name, toUse)
	if err != nil {
		return ipc.Info{}, false, err
	}
	w, err := n.OpenMailslot(base)
	if errors.Is(err, ipc.ErrNotExist) {
		return ipc.Info{}, false, nil
	}
	if err != nil {
		return ipc.Info{}, false, err
	}
	defer w.Close()
	o, err := w.Info()
	if errors.Is(err, ipc.ErrUnsupported) { // it is there, and tells writers nothing
		o, err = ipc.Info{Type: "mailslot", Name: mailslotPath(name), Mailslot: &ipc.MailslotInfo{Messages: -1, Bytes: -1, Next: -1}}, nil
	}
	o.Handles = 0 // only this one is known
	return o, err == nil, err
}

// mailslotPath is the name of a mailslot as lists have it.
func mailslotPath(name string) string {
	name = strings.ReplaceAll(name, "/", `\`)
	const prefix = `\\.\mailslot\`
	if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		name = name[len(prefix):]
	}
	return strings.TrimPrefix(name, `Local\`)
}
