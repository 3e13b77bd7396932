// Package unixpipe has the named pipes of Linux: Unix sockets in the directory
// of a namespace, driven by the runtime's poller. docs/pipes.md is its design:
// the files, the handshake, the framing of messages, and what a death at any
// step leaves.
//
// What a frame of a message is, is known to frame.go alone; what the files of a
// pipe are called and contain, to card.go; slot.go counts instances and lets
// clients wait for one.
package unixpipe
