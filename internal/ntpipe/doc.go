// Package ntpipe is the backend of pipes on Windows: the kernel's own named
// pipes, which any program may be at the other end of.
//
// Every operation that can block is an overlapped one, whose end one completion
// port for the whole process reports (port_windows.go). So a blocked read,
// accept or dial costs no thread, and deadlines, contexts and Close end it
// (handle_windows.go). The runtime's own poller, which os.NewFile would use, is
// of no help: it takes a message without bytes for the end of a file, and
// neither accepts nor waits for an instance.
//
// An end goes over to a child process by its handle (give_windows.go), whose file has
// the port of the first process for good. There, events report what has ended
// (take_windows.go).
//
// A listener keeps some instances that listen (listen_windows.go); a connection
// reads and writes (conn_windows.go, message_windows.go).
package ntpipe
