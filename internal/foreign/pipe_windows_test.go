package foreign

import "testing"

// TestPipeMessages shows what internal/ntpipe takes for granted about messages:
// a read of no bytes tells whether the next has some, and takes one that has
// none; one that is closed is read first.
func TestPipeMessages(t *testing.T) {
	p, name := Start(t), pipeName()
	server := p.Do("listen %s messages 1", name)
	client := p.Do("connect %s messages", name)
	p.Do("write %d abc", client)
	p.Do("write %d", client)
	p.Do("write %d d", client)
	p.Answers("OK 4", "peek %d", server)
	p.Answers(`MORE ""`, "read %d 0", server)
	p.Answers(`MORE "a"`, "read %d 1", server)
	p.Answers(`MORE ""`, "read %d 0", server)
	p.Answers(`OK "bc"`, "read %d 8", server)
	p.Answers(`OK ""`, "read %d 0", server)
	p.Answers(`MORE ""`, "read %d 0", server)
	p.Answers(`OK "d"`, "read %d 8", server)
	p.Do("write %d", client)
	p.Do("close %d", client)
	p.Answers("ERROR 232", "write %d x", server) // ERROR_NO_DATA
	p.Answers(`OK ""`, "read %d 0", server)
	p.Answers("ERROR 109", "read %d 0", server) // ERROR_BROKEN_PIPE
	p.Exit()
}
