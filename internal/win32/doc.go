// Package win32 declares the calls of Windows that golang.org/x/sys/windows
// lacks: semaphores, waitable timers, mailslots, alertable waits and their
// interruption, and the kernel's queries, which tell the state of an object
// without changing it. Each has the name and the meaning that Microsoft's
// documentation gives it; errors are syscall.Errno. It knows nothing of this
// project's objects.
package win32
