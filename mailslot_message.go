package ipc

import "fmt"

// A MessageError is a message that the codec could not decode. It was taken from
// the mailslot, and is here instead.
type MessageError struct {
	Message []byte
	Err     error
}

// Error says what is wrong with the message.
func (e *MessageError) Error() string {
	return fmt.Sprintf("a message of %d bytes cannot be decoded: %v", len(e.Message), e.Err)
}

// Unwrap returns the codec's error.
func (e *MessageError) Unwrap() error { return e.Err }
