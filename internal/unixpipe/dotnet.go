//go:build linux

package unixpipe

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
)

// .NET has its named pipes, on Unix, at CoreFxPipe_NAME in the directory for
// temporary files. There a server puts a symbolic link to its socket, which the
// kernel follows when a .NET client connects.

// longestAlias is the longest path that a .NET client can connect to.
const longestAlias = 107

// dotNetPath is where .NET looks for a pipe.
func dotNetPath(name string) (string, error) {
	path := filepath.Join(os.TempDir(), "CoreFxPipe_"+name)
	if len(path) > longestAlias {
		return "", fmt.Errorf("%w: .NET would look for it at %s, which has more than %d bytes", backend.ErrInvalidName, path, longestAlias)
	}
	return path, nil
}

// makeAlias makes the link. What a dead server has left is replaced, whether it
// was of this package or of .NET; anything else stays.
func makeAlias(target, name string) (alias string, err error) {
	alias, err = dotNetPath(name)
	if err != nil {
		return "", err
	}
	err = os.Symlink(target, alias)
	if !errors.Is(err, fs.ErrExist) {
		return alias, err
	}
	if err := removeStale(alias, target); err != nil {
		return "", err
	}
	if err := os.Symlink(target, alias); err != nil {
		return "", fmt.Errorf("%w: %w", backend.ErrExist, err)
	}
	return alias, nil
}

// removeStale removes a link to target, a link of this package to a pipe that is
// not served, or a socket that nobody listens on.
func removeStale(alias, target string) error {
	st, err := os.Lstat(alias)
	if err != nil {
		return ignoreMissing(err)
	}
	in := fmt.Sprintf("%s is in the way", alias)
	switch to, _ := os.Readlink(alias); {
	case to == target: // whose lock this process has
	case st.Mode()&fs.ModeSocket == 0 && !strings.HasPrefix(filepath.Base(to), socketPrefix):
		return fmt.Errorf("%w: %s, which is no pipe and is left there: choose another name", backend.ErrExist, in)
	case listens(alias):
		return fmt.Errorf("%w: %s, which another program serves", backend.ErrExist, in)
	}
	if err := ignoreMissing(os.Remove(alias)); err != nil {
		return fmt.Errorf("%w: %s: %w", backend.ErrExist, in, err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// listens reports whether anybody does on a socket, as far as can be known.
func listens(path string) bool {
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return true
	}
	return !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, fs.ErrNotExist)
}

// removeAlias removes the link, unless it is another's by now.
func removeAlias(alias, target string) error {
	if to, err := os.Readlink(alias); err != nil || to != target {
		return nil
	}
	return ignoreMissing(os.Remove(alias))
}
