//go:build !windows

package histories

// tellsAll is whether the list of objects tells everything that the model
// knows.
const tellsAll = true
