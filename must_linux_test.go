package ipc_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
	"github.com/winsys-go/ipc/internal/testproc"
)

// ownNamespace gives a namespace of the test's own.
func ownNamespace(tb testing.TB) *ipc.Namespace {
	tb.Helper()
	n := must(ipc.OpenNamespace(testproc.TempDir(tb, "/dev/shm"), nil))
	tb.Cleanup(func() { n.Close() })
	return n
}

// untilWaiters returns when so many waits are blocked on m.
func untilWaiters(tb testing.TB, m *ipc.Mutex, want int) {
	tb.Helper()
	deadline := time.Now().Add(testproc.Limit(tb))
	for time.Now().Before(deadline) {
		if i := must(m.Info()); i.Waiters == want {
			return
		}
		runtime.Gosched()
	}
	tb.Fatalf("there are not %d waiters", want)
}
