package cli

import (
	"os/exec"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// startTied starts a command that dies with this process, however that ends:
// what runs under a lock must not go on when the lock has passed to the next
// one. Only a process that is killed between two calls, here, leaves it behind.
// What the command itself starts is not tied.
func startTied(c *exec.Cmd) error {
	job, err := ties()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	const rights = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	h, err := windows.OpenProcess(rights, false, uint32(c.Process.Pid))
	if err == nil {
		err = windows.AssignProcessToJobObject(job, h)
		windows.CloseHandle(h)
	}
	if err == nil || hasEnded(c) {
		return nil
	}
	c.Process.Kill()
	c.Wait()
	return err
}

// hasEnded reports whether a command has ended, which nobody has waited for.
func hasEnded(c *exec.Cmd) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(c.Process.Pid))
	if err != nil {
		return false
	}
	defer windows.CloseHandle(h)
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}

// ties makes a job, a set of processes that the kernel ends with the last
// handle to it. This process has the only one, and never closes it.
var ties = sync.OnceValues(func() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	return job, err
})
