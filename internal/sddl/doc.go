// Package sddl makes the security of new objects of Windows from text.
package sddl
