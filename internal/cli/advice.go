package cli

import "github.com/spf13/cobra"

// advice is a command for the user to run, in the namespace that this one was
// pointed at.
func (a *app) advice(words ...string) string {
	var where []string
	if a.dir != "" {
		where = append(where, "--namespace", a.dir)
	}
	if a.group != "" {
		where = append(where, "--group", a.group)
	}
	command := "ipc"
	for _, word := range append(where, words...) {
		command += " " + shellWord(word)
	}
	return command
}

// adviceFor is advice to do something with an object, with the flags that it
// takes.
func (a *app) adviceFor(kind, verb, name string) string {
	words := []string{kind, verb, name}
	switch {
	case verb == "run":
		words = append(words, "--", "CMD")
	case kind == "semaphore" && verb == "create":
		words = append(words, "--max", "N")
	case kind == "timer" && verb == "set":
		words = append(words, "--after", "DURATION")
	}
	return a.advice(words...)
}

// rightType says what to do with an object that is not of the type that the
// command was told, or is for: a command for one type may have a twin for the
// other.
func (a *app) rightType(kind, name string) string {
	of := a.running.Parent()
	switch {
	case !of.HasParent():
		return "write " + shellWord(objectName{kind, name}.String())
	case hasCommand(of.Parent(), kind, a.running.Name()):
		return "use " + a.adviceFor(kind, a.running.Name(), name)
	}
	return "see ipc " + kind + " --help"
}

// hasCommand reports whether a command has others below it, by their names.
func hasCommand(c *cobra.Command, names ...string) bool {
	if len(names) == 0 {
		return true
	}
	for _, sub := range c.Commands() {
		if sub.Name() == names[0] {
			return hasCommand(sub, names[1:]...)
		}
	}
	return false
}
