//go:build linux

package linux

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxCommand is the longest command name, in bytes: as much as a segment has room for.
const MaxCommand = 39

// SelfCommand returns the name by which this process was called, without its
// directory: at most [MaxCommand] bytes of printable UTF-8.
func SelfCommand() string {
	if len(os.Args) == 0 {
		return ""
	}
	return commandName(os.Args[0])
}

// CommandOf returns the name by which the process pid was called, as
// [SelfCommand] does there; empty when it is gone or hidden.
func CommandOf(pid int) string {
	dir := "/proc/" + strconv.Itoa(pid)
	line, _ := os.ReadFile(dir + "/cmdline")
	name, _, _ := bytes.Cut(line, []byte{0})
	if len(name) == 0 { // a zombie has none
		name, _ = os.ReadFile(dir + "/comm")
	}
	return commandName(string(name))
}

// commandName makes a name fit to be stored and shown: others choose it.
func commandName(path string) string {
	path = strings.TrimSpace(path)
	if path == "" {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(filepath.Base(path), "?"))
	if len(name) <= MaxCommand {
		return name
	}
	end := MaxCommand
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}
