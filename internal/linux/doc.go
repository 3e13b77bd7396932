// Package linux is what the engine needs of the Linux kernel and of the Go
// runtime, and nothing more: futexes, the robust list by which the kernel says
// that a process died, the directory and the file of a segment, handles on
// processes, clocks, pauses, and the guard against a segment that is cut short
// under its users. It is pure Go: no cgo, no helper process.
//
// It is the sole importer of golang.org/x/sys/unix. It knows nothing of the
// layout of a segment: callers hand it words and bytes.
//
// On other systems the package is empty.
//
// # Words
//
// A futex word must lie in a mapped segment or on the heap, and be aligned to
// 4 bytes. Futexes are looked up by file and offset, not by address, so that
// every process that maps the segment meets at the same word.
//
// # What is borrowed from the Go runtime
//
// Three functions are reached by linkname, all of which the runtime publishes
// for that purpose and which link without flags: nanotime (25 ns instead of
// 50 ns for time.Now), procPin and procUnpin, procyield. Without them the
// engine would be slower, not wrong.
package linux
