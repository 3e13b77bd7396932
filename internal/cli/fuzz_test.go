//go:build linux || windows

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/backend"
)

// fit checks that text is lines that a terminal shows and does not act upon.
func fit(t *testing.T, text string) {
	t.Helper()
	bad := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, bad) || text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("not fit for a terminal: %q", text)
	}
}

// fuzzedInfo makes the description of an object of what a segment may hold.
func fuzzedInfo(kind uint8, name, command string, flags uint8, number int, nanoseconds int64) ipc.Info {
	flag := func(i int) bool { return flags>>i&1 != 0 }
	p := ipc.ProcessInfo{PID: number, Command: command}
	o := ipc.Info{
		Type: backend.Kind(kind % 7).String(), Name: name, Permanent: flag(0), Signaled: flag(1), ManualReset: flag(2),
		Abandoned: flag(3), ReclaimOnExit: flag(4), Count: number, Max: -number, Handles: number, Waiters: number,
		Period:  time.Duration(nanoseconds),
		Holders: []ipc.Holder{{ProcessInfo: p, Handles: number, Permits: number}},
		Waiting: []ipc.Waiter{{ProcessInfo: p, All: flag(5), Objects: number}},
	}
	if flag(6) {
		o.Owner = &p
	}
	if backend.Kind(kind%7) == backend.Mailslot {
		o.Mailslot = &ipc.MailslotInfo{
			MaxMessageSize: nanoseconds, QueueBytes: -nanoseconds, Messages: number, Bytes: nanoseconds, Next: nanoseconds, Reader: o.Owner,
		}
	}
	if flag(7) {
		o.Due = time.Unix(0, nanoseconds).UTC()
	}
	return o
}

// FuzzOutput: whatever an object is called and whoever uses it, the text is fit
// for a terminal, has a line for each object and no other, and the JSON says the
// same as the object.
func FuzzOutput(f *testing.F) {
	for kind, name := range []string{"plain", "", "two words", "\x1b[2J", "a\nb\tc", "\xff\x9b1m", "\u202egnp.exe", "\u009b31m", `Global\x`} {
		f.Add(uint8(kind), name, name, uint8(0xFF), 1<<31, int64(1)<<kind*5)
	}
	f.Fuzz(func(t *testing.T, kind uint8, name, command string, flags uint8, number int, nanoseconds int64) {
		o := fuzzedInfo(kind, name, command, flags, number, nanoseconds)
		var text bytes.Buffer
		pipe := ipc.PipeInfo{
			Name: name, MessageMode: flags&1 != 0, Direction: ipc.PipeDirection(kind % 3), ServerPID: number,
			MaxInstances: number, Clients: int(nanoseconds), Path: name,
		}
		table(&text, []ipc.Info{o}, []ipc.PipeInfo{pipe})
		fit(t, text.String())
		if lines := strings.Count(text.String(), "\n"); lines != 3 {
			t.Errorf("a table of an object and a pipe has %d lines: %q", lines, &text)
		}
		text.Reset()
		details(&text, &o)
		pipeDetails(&text, &pipe)
		fit(t, text.String())

		text.Reset()
		if err := (&app{out: &text}).printJSON([]any{describe(&o, stops{})}); err != nil || strings.Count(text.String(), "\n") != 1 {
			t.Fatalf("JSON: %v: %q", err, &text)
		}
		var back []ipc.Info
		if err := json.Unmarshal(text.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		// What is not UTF-8 cannot be said in JSON.
		want := fuzzedInfo(kind, string([]rune(name)), string([]rune(command)), flags, number, nanoseconds)
		if !reflect.DeepEqual(back, []ipc.Info{want}) {
			t.Errorf("read back from JSON\n%+v\nwas\n%+v", back, want)
		}
	})
}

// An argument is a place in a command line where FuzzArguments puts something,
// and what may stand there. None of these commands leaves anything behind.
type argument struct {
	before, after []string
	valid         func(text string) bool
}

var fuzzedArguments = []argument{
	{words("event wait e --timeout"), nil, isDuration},
	{words("timer set t --after"), nil, isDuration},
	{words("timer set t --every"), nil, func(s string) bool { d, err := time.ParseDuration(s); return err == nil && d > 0 }},
	{words("timer set t --at"), nil, func(s string) bool { _, err := time.Parse(time.RFC3339, s); return err == nil }},
	{words("semaphore release s --"), nil, isCount},
	{words("semaphore create --initial 2 --max"), words("--permanent"), nil},
	{words("event set --"), nil, isName},
	{words("semaphore run s --timeout 0 --max"), []string{"--", os.Args[0], "helper-true"}, isMaximum},
	{words("show --"), nil, nil},
	{words("rm --"), nil, nil},
	{words("wait --timeout 0 --"), nil, nil},
	{words("wait --timeout 0 --all event:e"), nil, nil},
	{words("event"), nil, nil},
	{words("ls"), nil, nil},
}

func isDuration(s string) bool {
	d, err := time.ParseDuration(s)
	return err == nil && d >= 0
}

func isCount(s string) bool {
	digits := strings.TrimLeft(strings.TrimPrefix(s, "+"), "0")
	return digits != "" && len(digits) < 19 && strings.Trim(digits, "0123456789") == ""
}

func isMaximum(s string) bool {
	n, err := strconv.ParseInt(s, 0, 64)
	return err == nil && n >= 1 && n <= ipc.MaxSemaphoreCount
}

func isName(s string) bool {
	base := strings.TrimPrefix(s, `Local\`)
	return base != "" && len(base) <= backend.MaxName && utf8.ValidString(base) && !strings.ContainsAny(base, "\\\x00")
}

// FuzzArguments: rubbish in the place of an argument ends with status 2 and a
// line that says why, and what is no rubbish does not. With -short it begins
// with each third text in a place.
func FuzzArguments(f *testing.F) {
	for i, text := range []string{
		"", "-", "--", "1", "-1", "99999999999999999999", "1s", "-1s", "1e9h", "0x10", "+3", "NaN", "\x00", "\xff\x1b[2J", "a\nb",
		"event:e", "event:", ":", "process:0", "2027-01-31T03:00:00Z", `Global\x`, `Local\x`, `a\b`, strings.Repeat("n", 1025), "--json",
	} {
		for place := range fuzzedArguments {
			if testing.Short() && (i+place)%3 != 0 {
				continue
			}
			f.Add(uint8(place), text)
		}
	}
	dir := testDir(f)
	n, err := ipc.OpenNamespace(dir, nil)
	if err != nil {
		f.Fatal(err)
	}
	defer n.Close()
	f.Fuzz(func(t *testing.T, place uint8, text string) {
		a := fuzzedArguments[int(place)%len(fuzzedArguments)]
		args := slices.Concat([]string{"--namespace", dir}, a.before, []string{text}, a.after)
		var out, complaint bytes.Buffer
		status := Main(args, strings.NewReader(""), &out, &complaint)
		fit(t, complaint.String())
		if status != exitDone && status != exitFailed && status != exitUsage && status != exitTimedOut {
			t.Errorf("status %d", status)
		}
		if status != exitDone && !strings.HasPrefix(complaint.String(), "ipc: ") {
			t.Errorf("status %d without a word: %q", status, &complaint)
		}
		if a.valid != nil && a.valid(text) != (status != exitUsage) {
			t.Errorf("%q: status %d, %s", args, status, &complaint)
		}
	})
}
