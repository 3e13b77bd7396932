//go:build !linux

package histories

// tempParent is where the namespaces of the tests are: where the system has
// its temporary files.
const tempParent = ""
