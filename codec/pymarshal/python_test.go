package pymarshal_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/winsys-go/ipc/codec"
	"github.com/winsys-go/ipc/codec/pymarshal"
	"pgregory.net/rapid"
)

// valuesForPython is how many values go there and back.
const valuesForPython = 3000

// TestWithPython exchanges values with the marshal module itself. Python must
// read what each version writes as the value that it is, and what Python writes
// for it in any version, with and without shared objects, must be read as the
// same value.
func TestWithPython(t *testing.T) {
	p := startPeer(t, "python3")
	codecs := everyVersion(t)
	for i := range valuesForPython {
		v := rapid.Custom(anyValue).Example(i)
		for _, c := range codecs {
			p.check(t, c, v, form("b"))
		}
		if t.Failed() {
			return
		}
	}
}

// TestWithPython2 is the same for version 2 where there is a Python 2. What it
// writes does not tell short bytes from text.
func TestWithPython2(t *testing.T) {
	if exec.Command("python2.7", "--version").Run() != nil {
		t.Skip("there is no python2.7; nothing but old systems has it")
	}
	p := startPeer(t, "python2.7")
	for i := range valuesForPython {
		p.check(t, pymarshal.Codec, rapid.Custom(anyValue).Example(i), form("s"))
		if t.Failed() {
			return
		}
	}
}

func everyVersion(t testing.TB) (all []codec.Codec) {
	for version := 2; version <= 4; version++ {
		c, err := pymarshal.New(pymarshal.Options{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// A peer is a Python that answers messages.
type peer struct {
	in  io.Writer
	out *bufio.Reader
}

// startPeer starts one for the length of the test.
func startPeer(t *testing.T, python string) peer {
	path, err := exec.LookPath(python)
	if err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" {
			t.Fatal("there is no python3 to test with")
		}
		t.Skip("NOT TESTED WITH PYTHON: there is no python3")
	}
	command := exec.Command(path, "-u", "testdata/peer.py")
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // its loop ends
		if err := command.Wait(); err != nil {
			t.Errorf("the peer: %v", err)
		}
	})
	return peer{in, bufio.NewReader(out)}
}

// ask sends a message and gives what Python says about it.
func (p peer) ask(t *testing.T, message []byte) (value string, messages []string) {
	t.Helper()
	if _, err := fmt.Fprintf(p.in, "%x\n", message); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(line)
	if len(words) < 3 || words[0] == "error" {
		t.Fatalf("Python on %x: %s", message, line)
	}
	return words[0], words[1:]
}

// check sends v there and back, and compares it by a canonical form.
func (p peer) check(t *testing.T, c codec.Codec, v any, f form) {
	t.Helper()
	message, err := c.Marshal(v)
	if err != nil {
		t.Fatalf("encoding %s: %v", canon(v), err)
	}
	value, messages := p.ask(t, message)
	if value != canon(v) {
		t.Errorf("Python reads %x as %s, want %s", message, value, canon(v))
	}
	twice := pymarshal.Tuple{v, v}
	for i, text := range messages {
		want := []any{v, twice}[i%2]
		if got := f.of(decodeHex(t, text)); got != f.of(want) {
			t.Errorf("%s of version %d is read as %s, want %s", text, i/2, got, f.of(want))
		}
	}
}

func decodeHex(t *testing.T, text string) (v any) {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := pymarshal.Codec.Unmarshal(data, &v); err != nil {
		t.Errorf("decoding %s: %v", text, err)
	}
	return v
}
