package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A style is what the output can show. The zero value is plain ASCII.
type style struct{ unicode, colour bool }

// styleOf finds out what out can show: a terminal may show more than ASCII,
// and colours unless the user has NO_COLOR set (https://no-color.org).
func styleOf(out io.Writer) style {
	f, ok := out.(*os.File)
	if !ok {
		return style{}
	}
	st, err := f.Stat()
	if err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return style{}
	}
	locale := strings.ToUpper(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")))
	return style{
		unicode: strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8"),
		colour:  os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}

func (s style) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(text string) string { return s.paint("1", text) }

func (s style) tick() string {
	if s.unicode {
		return s.paint("32", "✓")
	}
	return s.paint("32", "ok  ")
}

func (s style) cross() string {
	if s.unicode {
		return s.paint("31", "✗")
	}
	return s.paint("31", "FAIL")
}

// span writes a duration with three figures.
func (s style) span(d time.Duration) string {
	micro := "us"
	if s.unicode {
		micro = "µs"
	}
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return figures(d, time.Microsecond) + " " + micro
	case d < time.Second:
		return figures(d, time.Millisecond) + " ms"
	default:
		return figures(d, time.Second) + " s"
	}
}

func figures(d, unit time.Duration) string {
	v := float64(d) / float64(unit)
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}
