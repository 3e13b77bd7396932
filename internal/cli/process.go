package cli

import "github.com/winsys-go/ipc"

// stops tells which processes are stopped, by a signal or a debugger: what they
// hold or serve does not move until somebody lets them go on. It asks the system
// about each process once.
type stops map[ipc.ProcessInfo]bool

func (s stops) has(p ipc.ProcessInfo) bool {
	stopped, known := s[p]
	if !known {
		stopped = isStopped(p)
		s[p] = stopped
	}
	return stopped
}

// name writes a process with what there is to say of it.
func (s stops) name(p ipc.ProcessInfo) string {
	if s.has(p) {
		return processName(p) + " (stopped)"
	}
	return processName(p)
}

// A shownProcess is a process in JSON.
type shownProcess struct {
	ipc.ProcessInfo
	Stopped bool `json:"stopped,omitempty"`
}

func (s stops) shown(p ipc.ProcessInfo) shownProcess { return shownProcess{p, s.has(p)} }
