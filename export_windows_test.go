package ipc

import "os"

// File gives the file of an end of an anonymous pipe, to hand it to a child.
func (w *PipeWriter) File() *os.File { return w.file }
