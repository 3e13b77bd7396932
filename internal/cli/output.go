package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// An outcome is what a command did, as JSON.
type outcome struct {
	Object string `json:"object"` // TYPE:NAME
	Type   string `json:"type"`
	Name   string `json:"name"`
	// Action is created, opened, set, reset, pulsed, fired, locked, acquired,
	// released, cancelled, sent or removed.
	Action string `json:"action"`
	// Abandoned: the last owner of the mutex ended without unlocking it.
	Abandoned bool `json:"abandoned,omitempty"`
	// Released permits, and how many there were before.
	Released int  `json:"released,omitempty"`
	Previous *int `json:"previous,omitempty"`
	// Messages is the number of those that were sent.
	Messages *int `json:"messages,omitempty"`
	// Due is when the timer fires, and PeriodNS how often then.
	Due      time.Time     `json:"due,omitzero"`
	PeriodNS time.Duration `json:"period_ns,omitempty"`
}

func did(action, kind, name string) outcome {
	return outcome{Object: kind + ":" + name, Type: kind, Name: name, Action: action}
}

// say prints what was done: as JSON, or as text unless that is empty.
func (a *app) say(o any, text string) error {
	if a.json {
		return a.printJSON(o)
	}
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintln(a.out, text)
	return err
}

// printJSON prints v in one line.
func (a *app) printJSON(v any) error { return writeJSON(a.out, v) }

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printable makes a name fit for a terminal and a table: others choose it.
func printable(name string) string {
	if name == "" || !plain(name) || strings.ContainsAny(name, ` "`) {
		return strconv.Quote(name)
	}
	return name
}

// plain reports whether a terminal can be shown text as it is.
func plain(text string) bool {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	return utf8.ValidString(text) && !strings.ContainsFunc(text, odd)
}

// visible writes what a terminal would act upon, or could not show, as Go
// does within quotes.
func visible(text string) string {
	if plain(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		_, size := utf8.DecodeRuneInString(text)
		char := text[:size]
		if !plain(char) {
			char = strings.Trim(strconv.Quote(char), `"`)
		}
		b.WriteString(char)
		text = text[size:]
	}
	return b.String()
}

// shellWord makes a name fit to be pasted into a shell.
func shellWord(name string) string {
	safe := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("-_./:@%+,", r)
	}
	if name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !safe(r) }) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// number writes n with commas.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// count writes n things.
func count(n int, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case strings.HasSuffix(thing, "ss"):
		return number(n) + " " + thing + "es"
	default:
		return number(n) + " " + thing + "s"
	}
}

// withArticle puts a or an before a type.
func withArticle(kind string) string {
	if strings.HasPrefix(kind, "e") {
		return "an " + kind
	}
	return "a " + kind
}
