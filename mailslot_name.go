package ipc

import (
	"fmt"
	"strings"
)

// A path of a mailslot in full: two backslashes, a machine, and a word that says
// what kind of thing it is. A dot is this machine.
const (
	machinePrefix = `\\`
	thisMachine   = "."
	mailslotWord  = "mailslot"
)

// splitMailslotName takes the name of a mailslot apart into its scope and the
// name within it, where slashes have become backslashes. Unlike those of other
// objects these names are paths, whose directories nobody has to make.
func splitMailslotName(name string) (scope, string, error) {
	base, err := stripMachine(strings.ReplaceAll(name, "/", `\`))
	if err != nil {
		return 0, "", err
	}
	where := local
	if rest, ok := strings.CutPrefix(base, localPrefix); ok {
		base = rest
	} else if rest, ok := strings.CutPrefix(base, globalPrefix); ok {
		where, base = global, rest
	}
	if base == "" {
		return 0, "", errNameNeeded
	}
	if err := checkText(base); err != nil {
		return 0, "", err
	}
	for part := range strings.SplitSeq(base, `\`) {
		if part == "" || part == "." || part == ".." {
			return 0, "", fmt.Errorf("%w: a part of the path is %q", ErrInvalidName, part)
		}
	}
	return where, base, nil
}

// stripMachine takes \\.\mailslot\ off a name.
func stripMachine(name string) (string, error) {
	rest, ok := strings.CutPrefix(name, machinePrefix)
	if !ok {
		return name, nil
	}
	machine, rest, _ := strings.Cut(rest, `\`)
	word, base, ok := strings.Cut(rest, `\`)
	switch {
	case !ok || machine == "" || !strings.EqualFold(word, mailslotWord):
		return "", fmt.Errorf(`%w: the full name of a mailslot is \\.\mailslot\NAME`, ErrInvalidName)
	case machine != thisMachine:
		return "", fmt.Errorf(`%w: it is on another machine (%s), and only those of this one can be reached: use NAME or \\.\mailslot\NAME`, ErrUnsupported, machine)
	}
	return base, nil
}

// placeMailslot is place for the name of a mailslot.
func placeMailslot(n *Namespace, name string) (*engineNamespace, string, error) {
	where, base, err := splitMailslotName(name)
	if err != nil {
		return nil, "", err
	}
	return placeIn(n, where, base)
}
