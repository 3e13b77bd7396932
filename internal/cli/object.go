package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/winsys-go/ipc"
)

// types are the words before the colon of TYPE:NAME.
var types = []string{"event", "mutex", "semaphore", "timer"}

// shownTypes are those of the objects that can be looked at. Only its reader can
// wait for a mailslot, and nobody for a pipe.
var shownTypes = append(slices.Clone(types), "mailslot", "pipe")

// An objectName is a TYPE:NAME.
type objectName struct{ kind, name string }

func (o objectName) String() string { return o.kind + ":" + o.name }

// parseObject takes TYPE:NAME apart. The name may contain colons.
func (a *app) parseObject(arg string, kinds []string) (objectName, error) {
	kind, name, ok := strings.Cut(arg, ":")
	switch {
	case !ok:
		return objectName{}, usage("%q is not TYPE:NAME, where TYPE is %s", arg, oneOf(kinds))
	case !slices.Contains(kinds, kind):
		return objectName{}, usage("%q: the type %q is not %s", arg, kind, oneOf(kinds))
	case name == "":
		return objectName{}, usage("%q: the name is missing", arg)
	case kind == "process":
		return objectName{kind, name}, checkProcess(arg, name)
	}
	return objectName{kind, name}, a.checkName(kind, name)
}

// checkProcess refuses what is no id of a process.
func checkProcess(arg, name string) error {
	if pid, err := strconv.Atoi(name); err != nil || pid < 1 {
		return usage("%q: %q is not the id of a process", arg, name)
	}
	return nil
}

// oneOf writes a, b or c.
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// explain says of an error about an object what only the command knows: how
// to come by one that is missing, and what the name belongs to instead.
func (a *app) explain(err error, kind, name, hint string) error {
	switch {
	case errors.Is(err, ipc.ErrNotExist):
		if hint != "" {
			hint = " (" + hint + ")"
		}
		return fmt.Errorf("%s %q does not exist: nobody has it open%s", kind, name, hint)
	case errors.Is(err, ipc.ErrWrongType):
		if o, ok, _ := a.find(name); ok {
			return a.wrongType(o, kind, name)
		}
	}
	return err
}

func (a *app) wrongType(o ipc.Info, kind, name string) error {
	return fmt.Errorf("%q is %s, not %s: %s, or choose another name",
		name, withArticle(o.Type), withArticle(kind), a.rightType(o.Type, name))
}

// createHint says how to create an object of a kind.
func (a *app) createHint(kind, name string) string {
	if kind == "mailslot" {
		return "it needs a reader: " + a.advice("mailslot", "read", name, "--follow")
	}
	return "create it: " + a.adviceFor(kind, "create", name)
}

// A completer offers words for the shell to complete.
type completer = func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)

// completeName offers the names of one type for the first argument.
func (a *app) completeName(kind string) completer {
	return func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.names(kind, "", word), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeRun is completeName for a command that another one follows.
func (a *app) completeRun(kind string) completer {
	name := a.completeName(kind)
	return func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return name(c, args, word)
	}
}

// completeObjects offers TYPE:NAME for as many arguments as there may be.
func (a *app) completeObjects(most int) completer {
	return func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var words []string
		for _, kind := range shownTypes {
			words = append(words, a.names(kind, kind+":", word)...)
		}
		words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(args, w) })
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// names lists the objects of one type whose names, after a prefix, begin with
// word. A shell cannot use an error, nor a name with a line break or the like.
func (a *app) names(kind, prefix, word string) []string {
	var names []string
	for _, name := range a.namesOf(kind) {
		if full := prefix + name; name != "" && plain(name) && strings.HasPrefix(full, word) {
			names = append(names, full)
		}
	}
	return names
}

func (a *app) namesOf(kind string) (names []string) {
	if kind == "pipe" {
		return a.pipeNames()
	}
	list, _ := a.objects()
	for _, o := range list {
		if o.Type == kind {
			names = append(names, o.Name)
		}
	}
	return names
}
