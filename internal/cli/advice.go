package cli

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
