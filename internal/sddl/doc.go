// Package sddl makes the security of new objects of Windows, from text or as that of
// the process.
package sddl
