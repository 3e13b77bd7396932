package ipc

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/winsys-go/ipc/internal/backend"
)

// The names of pipes have rules of their own: case does not matter, and a
// backslash is a character like others.
const pipePrefix = `\\.\pipe\`

// splitPipeName takes the name of a pipe apart into its scope and the rest.
func splitPipeName(name string) (scope, string, error) {
	base, err := cutPipePrefix(name)
	if err != nil {
		return 0, "", err
	}
	where := local
	if rest, ok := cutFold(base, localPrefix); ok {
		base = rest
	} else if rest, ok := cutFold(base, globalPrefix); ok {
		where, base = global, rest
	}
	switch {
	case base == "":
		return 0, "", fmt.Errorf("%w: it is empty", ErrInvalidName)
	case !utf8.ValidString(base):
		return 0, "", fmt.Errorf("%w: it is not valid UTF-8", ErrInvalidName)
	case utf8.RuneCountInString(base) > backend.MaxPipeName:
		return 0, "", fmt.Errorf("%w: %d characters, at most %d are possible", ErrInvalidName, utf8.RuneCountInString(base), backend.MaxPipeName)
	case strings.ContainsRune(base, 0):
		return 0, "", fmt.Errorf("%w: it contains a NUL character", ErrInvalidName)
	case strings.ContainsRune(base, '/'):
		return 0, "", fmt.Errorf(`%w: it contains a slash, which systems take differently: use \`, ErrInvalidName)
	}
	for part := range strings.SplitSeq(base, `\`) {
		switch part {
		case "":
			return 0, "", fmt.Errorf("%w: nothing stands before, between or after backslashes", ErrInvalidName)
		case ".", "..":
			return 0, "", fmt.Errorf("%w: %q leads elsewhere", ErrInvalidName, part)
		}
	}
	return where, base, nil
}

// cutPipePrefix removes \\.\pipe\, which a name may begin with.
func cutPipePrefix(name string) (string, error) {
	if !strings.HasPrefix(name, `\\`) {
		return name, nil
	}
	if rest, ok := cutFold(name, pipePrefix); ok {
		return rest, nil
	}
	host, rest, _ := strings.Cut(name[2:], `\`)
	if _, ok := cutFold(rest, `pipe\`); ok && host != "" && host != "." && host != "?" {
		return "", fmt.Errorf(`%w: it is on another machine (%s), and only those of this one can be reached: use NAME or \\.\pipe\NAME`, ErrUnsupported, host)
	}
	return "", fmt.Errorf(`%w: it begins with two backslashes, but not with \\.\pipe\`, ErrInvalidName)
}

// cutFold is strings.CutPrefix whatever the case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
