package ipc_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/winsys-go/ipc"
)

// forgeries change the variable, and the command, of a child that is to have an
// event of n and the reader of a pipe.
func forgeries(t *testing.T, n *ipc.Namespace, m *ipc.Mutex, _ *ipc.PipeWriter) map[string]func(cmd *exec.Cmd, text string) string {
	return map[string]func(cmd *exec.Cmd, text string) string{
		"nothing":            func(*exec.Cmd, string) string { return "" },
		"nonsense":           func(*exec.Cmd, string) string { return "{]" },
		"no list":            func(*exec.Cmd, string) string { return "{}" },
		"empty gifts":        func(*exec.Cmd, string) string { return "[{},{}]" },
		"types without more": func(*exec.Cmd, string) string { return `[{"type":"event"},{"type":"pipe reader"}]` },
		"other types":        func(*exec.Cmd, string) string { return `[{"type":"soap"},{"type":"process"}]` },
		"a mutex as an event": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, "event", "mutex", 1), "pipe reader", "pipe writer", 1)
		},
		"an event with the mutex's handle": func(_ *exec.Cmd, s string) string {
			cmd := exec.Command("x")
			if err := ipc.Inherit(cmd, m); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { runtime.KeepAlive(cmd) })
			mutex := strings.TrimPrefix(cmd.Env[len(cmd.Env)-1], "IPC_INHERITED=")
			return strings.Replace(strings.Replace(mutex, `"type":"mutex"`, `"type":"event"`, 1), "]", `,{"type":"pipe reader","files":[{"fd":0}]}]`, 1)
		},
		"no such directory": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, n.Dir(), n.Dir()+"/missing", 1), `"fd":3`, `"fd":-1`, 1)
		},
		"huge numbers": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, `"h":`, `"h":4294967`, 1), `"fd":3`, `"fd":2147483647`, 1)
		},
		"another mark": func(_ *exec.Cmd, s string) string {
			return strings.Replace(strings.Replace(s, `"m":`, `"m":1`, 1), `"ino":`, `"ino":1`, 1)
		},
		"other files in front": func(cmd *exec.Cmd, s string) string {
			cmd.ExtraFiles = append([]*os.File{os.Stderr}, cmd.ExtraFiles...)
			return strings.Replace(s, `"u":`, `"u":9`, 1)
		},
		"what another process has inherited": func(cmd *exec.Cmd, s string) string {
			cmd.ExtraFiles = nil
			return strings.Replace(s, `"g":`, `"g":2`, 1)
		},
	}
}
