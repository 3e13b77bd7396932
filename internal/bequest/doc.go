// Package bequest hands the kernel's handles of Windows to child processes. The
// parent lends a duplicate that children inherit, whose number is the same in the
// child (lend_windows.go). The child claims what its environment says it has
// inherited, and believes none of it (claim_windows.go).
package bequest
