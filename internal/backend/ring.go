package backend

// A RingFile is the mapped file of a mailslot's messages.
type RingFile interface {
	Bytes() []byte
	// Reserve makes sure that a part of the file has memory, Release gives that
	// back.
	Reserve(offset, length int64) error
	Release(offset, length int64) error
	// Damaged reports whether the file has lost memory to a truncation.
	Damaged() bool
	Close() error
}
