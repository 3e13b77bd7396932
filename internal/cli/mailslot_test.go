//go:build linux || windows

package cli

import (
	"fmt"
	"strings"
	"testing"
)

// reading runs ipc mailslot read, and returns when the mailslot is there.
func reading(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := start(t, dir, append([]string{"mailslot", "read", name}, args...)...)
	eventually(t, "a mailslot "+name, func() bool {
		a := &app{dir: dir}
		defer a.closeNamespace()
		_, ok, _ := a.findMailslot(name)
		return ok
	})
	return p
}

func TestMailslot(t *testing.T) {
	dir := testDir(t)
	p := reading(t, dir, `build\jobs`, "--count", "5")
	must(t, dir, "mailslot", "write", `BUILD\jobs`, "first", "", "two words")
	if got := inProcess(dir, "from\nstandard input\n", "mailslot", "write", `\\.\mailslot\build\jobs`, "--json"); got.status != 0 ||
		!strings.Contains(got.out, `"action":"sent","messages":2`) {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{"first", "", "two words", "from", "standard input"} {
		p.expect(want)
	}
	p.endsWith(0, "")
	if got := inProcess(dir, "", "mailslot", "write", `build\jobs`, "late"); got.status != 1 || !strings.Contains(got.err, "it needs a reader") {
		t.Errorf("%+v", got)
	}
}

func TestMailslotHasOneReader(t *testing.T) {
	dir := testDir(t)
	p := reading(t, dir, "jobs")
	if got := inProcess(dir, "", "mailslot", "read", "Jobs"); got.status != 1 || !strings.Contains(got.err, "has a reader already") {
		t.Errorf("%+v", got)
	}
	must(t, dir, "mailslot", "write", "jobs", "done")
	p.expect("done")
	p.endsWith(0, "")
}

// TestMailslotCodecs sends JSON by each codec and reads it as JSON.
func TestMailslotCodecs(t *testing.T) {
	const value = `{"big":123456789012345678901234567890,"list":[1,2.5,"ü",null,true]}`
	for _, f := range formats[1:] {
		t.Run(f.name, func(t *testing.T) {
			dir := testDir(t)
			p := reading(t, dir, "jobs", "--codec", f.name, "--count", "3")
			if got := inProcess(dir, "", "mailslot", "write", "jobs", "--codec", f.name, "{"); got.status != 1 || !strings.Contains(got.err, "is not JSON") {
				t.Errorf("%+v", got)
			}
			must(t, dir, "mailslot", "write", "jobs", "--codec", f.name, value)
			must(t, dir, "mailslot", "write", "jobs", "\xff")
			must(t, dir, "mailslot", "write", "jobs", "--codec", f.name, "17")
			p.expect(value)
			p.expect("17")
			p.endsWith(0, fmt.Sprintf("ipc: a message of 1 byte is skipped, which %s cannot decode", f.name))
		})
	}
}

// TestMailslotJSON: what is no text is base64, and each message is one line.
func TestMailslotJSON(t *testing.T) {
	dir := testDir(t)
	p := reading(t, dir, "jobs", "--json", "--count", "3")
	must(t, dir, "mailslot", "write", "jobs", "text", "\xff\x00", "two\nlines")
	p.expect(`{"mailslot":"jobs","size":4,"text":"text"}`)
	p.expect(`{"mailslot":"jobs","size":2,"base64":"/wA="}`)
	p.expect(`{"mailslot":"jobs","size":9,"text":"two\nlines"}`)
	p.endsWith(0, "")
}
