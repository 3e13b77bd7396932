package ipc

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/winsys-go/ipc/internal/backend"
)

// The prefixes of kernel object namespaces. They are case-sensitive, as the
// names themselves are.
const (
	localPrefix  = `Local\`
	globalPrefix = `Global\`
)

// A scope says which namespace a name belongs to.
type scope int

const (
	local scope = iota
	global
)

// splitName takes a name apart into its scope and the name within it. A
// backslash is allowed in the prefix only; everything else is, up to
// backend.MaxName bytes of UTF-8 without a NUL.
func splitName(name string) (scope, string, error) {
	where, base := local, name
	if rest, ok := strings.CutPrefix(name, localPrefix); ok {
		base = rest
	} else if rest, ok := strings.CutPrefix(name, globalPrefix); ok {
		where, base = global, rest
	}
	switch {
	case base == "" && name != "":
		return 0, "", fmt.Errorf("%w: nothing follows the prefix", ErrInvalidName)
	case strings.ContainsRune(base, '\\'):
		return 0, "", fmt.Errorf(`%w: a backslash may stand only in the prefixes Local\ and Global\`, ErrInvalidName)
	}
	return where, base, checkText(base)
}

// checkText refuses what no name can be, whatever it is the name of.
func checkText(base string) error {
	switch {
	case len(base) > backend.MaxName:
		return fmt.Errorf("%w: %d bytes long, at most %d are possible", ErrInvalidName, len(base), backend.MaxName)
	case strings.ContainsRune(base, 0):
		return fmt.Errorf("%w: it contains a NUL character", ErrInvalidName)
	case !utf8.ValidString(base):
		return fmt.Errorf("%w: it is not valid UTF-8", ErrInvalidName)
	}
	return nil
}
