package ipc

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPipeNames(t *testing.T) {
	long := strings.Repeat("ü", 256)
	for _, c := range []struct {
		name  string
		where scope
		base  string
		err   error
	}{
		{`name`, local, `name`, nil},
		{`Name with spaces: *?"<>|`, local, `Name with spaces: *?"<>|`, nil},
		{`path\to\name`, local, `path\to\name`, nil},
		{`\\.\pipe\path\name`, local, `path\name`, nil},
		{`\\.\PIPE\x`, local, `x`, nil},
		{`Local\x`, local, `x`, nil},
		{`\\.\pipe\GLOBAL\x`, global, `x`, nil},
		{`global\x`, global, `x`, nil},
		{`a..b`, local, `a..b`, nil},
		{long, local, long, nil},
		{`\\.\pipe\` + long, local, long, nil},
		{long + "x", 0, "", ErrInvalidName},
		{"", 0, "", ErrInvalidName},
		{`\\.\pipe\`, 0, "", ErrInvalidName},
		{`Local\`, 0, "", ErrInvalidName},
		{`\\.\mailslot\x`, 0, "", ErrInvalidName},
		{`\\.`, 0, "", ErrInvalidName},
		{`\\host\pipe\x`, 0, "", ErrUnsupported},
		{`a/b`, 0, "", ErrInvalidName},
		{`../x`, 0, "", ErrInvalidName},
		{`..`, 0, "", ErrInvalidName},
		{`.`, 0, "", ErrInvalidName},
		{`a\..\b`, 0, "", ErrInvalidName},
		{`a\.`, 0, "", ErrInvalidName},
		{`a\\b`, 0, "", ErrInvalidName},
		{`\a`, 0, "", ErrInvalidName},
		{`a\`, 0, "", ErrInvalidName},
		{"a\x00b", 0, "", ErrInvalidName},
		{"a\xffb", 0, "", ErrInvalidName},
	} {
		where, base, err := splitPipeName(c.name)
		if where != c.where || base != c.base || !errors.Is(err, c.err) {
			t.Errorf("%q: %v, %q, %v", c.name, where, base, err)
		}
	}
}

// FuzzPipeName: what is accepted is a name that could be a path of Windows, and
// its own.
func FuzzPipeName(f *testing.F) {
	for _, name := range []string{`\\.\pipe\a\b`, `Global\x`, `..`, `a/b`, `\\h\pipe\x`, "\x00", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		where, base, err := splitPipeName(name)
		if err != nil {
			if !errors.Is(err, ErrInvalidName) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("%q: %v", name, err)
			}
			return
		}
		n := utf8.RuneCountInString(base)
		if n == 0 || n > 256 || !strings.HasSuffix(name, base) || strings.ContainsAny(base, "/\x00") || !utf8.ValidString(base) {
			t.Fatalf("%q is accepted as %q", name, base)
		}
		prefix := pipePrefix + localPrefix
		if where == global {
			prefix = pipePrefix + globalPrefix
		}
		if again, same, err := splitPipeName(prefix + base); again != where || same != base || err != nil {
			t.Fatalf("%q is %q, and that %q, %v", name, base, same, err)
		}
	})
}
