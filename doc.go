// Package ipc gives Go programs the interprocess communication objects of
// Windows: events, mutexes, semaphores, waitable timers, mailslots and pipes with
// names that processes share, the end of a process, and waits for any or all
// of them.
// On Linux they live in shared memory: no daemon, no kernel module, no cgo.
//
// # Objects
//
//   - An [Event] is a flag. Manual-reset, it stays set and releases everybody
//     who waits until it is reset; auto-reset, it releases one wait and is
//     unset by it.
//   - A [Mutex] has one owner at a time. If the owner dies, the next one gets
//     it and is told.
//   - A [Semaphore] is a count of permits between 0 and a maximum.
//   - A [Timer] is an event that time sets, once or periodically.
//   - A [Mailslot] is a queue of messages that one process reads and any may
//     write to, through a [MailslotWriter]. [CreateMailslotOf] and
//     [OpenMailslotOf] send values by a codec, package mailslog log records.
//   - A [Process] is signalled when that process has ended. It need not use
//     this package.
//   - A pipe connects one server with clients, for bytes or messages: a
//     [PipeListener] is a net.Listener, a [PipeConn] a net.Conn. [AnonymousPipe]
//     makes one without a name.
//
// [Inherit] hands objects, and ends of pipes, to a child process, whether they have
// names or not.
//
// Create… makes an object or opens the one that has the name, and Existed tells
// which; Open… requires it to exist. An object without a name is for the
// goroutines of one process, and for children that inherit it. Info describes
// an object, its holders and its waits; [Namespace.Objects] describes all.
//
// # Lifetime
//
// An object lives as long as some live process has a handle to it. Close gives
// a handle up, and so does the end of the process, however it ends: nothing is
// left behind by SIGKILL. A handle that is merely forgotten stays open. With
// the option Permanent an object outlives its handles until [Namespace.Remove]
// or a restart of the machine.
//
// # Ownership
//
// Windows has threads own mutexes; goroutines are not threads. Here the owner
// is the *Mutex handle itself: any goroutine may unlock it, and it is not
// recursive. Code that was written for threads uses an [Owner] in the place of
// each: it may lock a mutex again, must unlock it as often, and abandons what
// it holds when it is closed.
//
// A mutex whose owner ended without unlocking it is abandoned. The next Lock
// succeeds and reports it: what the mutex protects may be in any state. That is
// remembered as long as the mutex exists.
//
// # Waiting
//
// Wait, [Mutex.Lock] and [Semaphore.Acquire] block for one object, [WaitAny]
// and [WaitAll] for up to [MaxWaitObjects] of one namespace. WaitAny consumes
// the signal of the first that is signalled and leaves the others alone;
// WaitAll takes all signals at one instant, and nothing before.
// [SignalAndWait] signals one object and waits for another in one step. Try…
// never blocks.
//
// A signal belongs to a wait before Set or Release has returned: Set followed
// at once by Reset still releases everybody who was waiting. Among those who
// wait, the longest wait comes first. The exception is the mutex, which a
// running owner may take ahead of one that sleeps, until that one has waited for
// about a millisecond.
//
// What blocks takes a [context.Context]. Objects that are signalled win over a
// context that is done already, and a wait has either succeeded or consumed
// nothing, never both. The handle stays usable after a wait that its context
// ended. Any number of goroutines may wait, through one handle or many: 100,000
// blocked waits do not need 100,000 threads.
//
// [CodeOf] gives the value that Win32 would have returned, for ported code.
//
// # Memory order
//
// What a goroutine did before it signals (Set, Release, Unlock) is seen by the
// one whose wait the signal ended, in memory that both share. Within a process
// the race detector knows this.
//
// # Errors
//
// A non-nil error means that nothing was acquired and nothing changed, unless
// the function says otherwise. Errors are of type [*Error] and wrap one of the
// Err… values or the context's error. Where the standard library has the
// meaning, they are its values: errors.Is(err, fs.ErrNotExist) holds for an
// object that nobody has open. Methods of a nil or closed handle give errors,
// never a panic.
//
// # Namespaces
//
// Names belong to a [Namespace]. The package's functions use that of the
// current user; a prefix Local\ says so explicitly. Names that start with
// Global\ are shared by the users of the machine, once an administrator has
// provisioned their namespace ([SetupGlobal], or "ipc setup global"); until
// then they are an error. [OpenNamespace] opens any other, in a directory of
// your choice, for one user or one group.
//
// A name is up to 1024 bytes of UTF-8 without NUL; a backslash may stand only in
// the prefix. Case matters. Events, mutexes, semaphores and timers share their
// names: a name of another type is [ErrWrongType]. Those of mailslots, and those
// of pipes, are worlds of their own: paths, in upper or lower case.
//
// The namespace is the security boundary. Whoever may open it may use, block
// and damage every object in it, so share it only with those whom you trust.
//
// # Environment variables
//
// None says where names are: two programs of one user always meet, be they started
// by a shell, cron or a service manager. [Inherit] uses IPC_INHERITED, and the
// option DotNet of a pipe the directory for temporary files (TMPDIR).
//
// # Systems
//
//	                                Linux   Windows  macOS, FreeBSD
//	event, mutex, semaphore, timer  yes     yes      builds; ErrUnsupported
//	process                         yes¹    yes      builds; ErrUnsupported
//	WaitAny, WaitAll                yes     yes      builds; ErrUnsupported
//	SignalAndWait                   yes     yes      builds; ErrUnsupported
//	mailslot                        yes     yes      builds; ErrUnsupported
//	pipe                            yes     yes      builds; ErrUnsupported
//	Inherit                         yes     yes      builds; ErrUnsupported
//
// ¹ Linux 5.3 and later.
//
// [ErrUnsupported] is [errors.ErrUnsupported].
//
// # Linux notes
//
// A namespace is a directory with one file, that of the current user
// /dev/shm/ipc-UID, which takes about 150 KiB and grows as needed, and one for
// each mailslot. It stays
// until the machine restarts. If somebody deletes it while it is used, the
// next operation that opens an object, or blocks, gives [ErrDeleted].
//
// A process that is stopped (SIGSTOP, a debugger) at the wrong instant holds
// up its namespace: Try… may block then, too, and a wait outlast its context.
// After 30 seconds operations fail with [ErrStalled], which names the process; a
// wait that was blocked before can end when the process goes on, or is killed.
//
// # Windows notes
//
// The objects are the kernel's own: any program that uses the same names is a
// peer. Names without prefix and with Local\ are those of the session. A
// namespace of OpenNamespace is a prefix of names, and its directory is not
// looked at. What a kernel object cannot do is refused with [ErrUnsupported]:
// Permanent, ReclaimOnExit, Group. The kernel does not tell everything that
// Info has room for, and a blocked wait takes a thread, of which a process has
// at most 8,000. docs/windows.md has the details.
//
// docs/cookbook.md has recipes, docs/porting.md what stands for each call of
// Win32, docs/architecture.md the design.
package ipc
