package bench

import (
	"syscall"
	"testing"
)

func init() { Register("known", knownRole) }

// knownRole makes two system calls for each pair.
func knownRole(r *Role) {
	r.betweenMarks(func(count int) {
		for range 2 * count {
			syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		}
	})
}

// TestSystemCalls: those that are made are counted. Traced ones take so long that
// the runtime may add some of its own to each part.
func TestSystemCalls(t *testing.T) {
	s := &Stage{effort: Once}
	defer s.close()
	calls, ok := systemCalls(s, 20, "known")
	if !ok {
		t.Skip("this machine does not let a process trace its child")
	}
	if calls < 2 || calls >= 3 {
		t.Errorf("%v system calls were counted, want 2", calls)
	}
}
