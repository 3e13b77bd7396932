//go:build linux || windows

package ipc_test

import (
	"slices"
	"testing"

	"github.com/winsys-go/ipc/internal/conformance"
)

// A slotCase is one of the cases of mailslots, with its number in the list.
type slotCase struct {
	id, title string
	play      func(*slotScene)
}

// slotCases are all of them.
var slotCases = []slotCase{
	{"MS-01", "no name, and names that are none", slotNoName},
	{"MS-03", "a path whose directories nobody has made", slotPath},
	{"MS-04", "names are the same in upper and lower case", slotCaseOfLetters},
	{"MS-06", "the name is free when the mailslot is closed", slotNameIsFree},
	{"MS-07", "no reader, no writer", slotNoReader},
	{"MS-09", "a new mailslot is described", slotNew},
	{"MS-10", "a description of which nothing is looked at", slotInfoUnused},
	{"MS-12", "an empty mailslot that does not wait", slotEmptyNow},
	{"MS-13", "an empty mailslot that waits for a time", slotEmptyInTime},
	{"MS-15", "a message ends the wait, not the time", slotMessageInTime},
	{"MS-16", "the timeout is that of the beginning", slotTimeoutOfBeginning},
	{"MS-18", "the end that reads does not write", slotWriteReader},
	{"MS-19", "an end that writes does not read", slotReadWriter},
	{"MS-21", "a message is read once", slotOnce},
	{"MS-22", "the first message's size, and their number", slotSizeAndNumber},
	{"MS-24", "nothing is left when all are read", slotDrained},
	{"MS-25", "messages are not joined", slotNotJoined},
	{"MS-27", "no room at all keeps the message", slotNoRoom},
	{"MS-28", "too little room in a blocked read keeps it", slotTooLittleRoom},
	{"MS-30", "the maximum is a maximum", slotMaximum},
	{"MS-31", "no maximum", slotNoMaximum},
	{"MS-33", "a writer that shares with nobody", slotSharesNot},
	{"MS-34", "two writers", slotTwoWriters},
	{"MS-36", "a writer is told, too", slotWriterTold},
	{"MS-37", "messages outlive their writer", slotOutlivesWriter},
	{"MS-39", "a reader that closes leaves the name and its writers", slotReaderCloses},
	{"MS-40", "an old writer has nothing to do with a new reader", slotOldWriter},
	{"MS-42", "a reader that is killed leaves the name", slotReaderKilled},
	{"MS-43", "four processes write, one reads", slotFourWriters},
	{"MS-45", "the longest name", slotLongestName},
}

// TestMailslotCases plays the cases of mailslots on the package.
func TestMailslotCases(t *testing.T) {
	differs := slotDiffers()
	for _, c := range slotCases {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			if reason := differs[c.id]; reason != "" {
				t.Skip(reason)
			}
			c.play(newSlotScene(t))
		})
	}
}

// TestEveryMailslotCase compares the cases with the list of the document.
func TestEveryMailslotCase(t *testing.T) {
	var present []string
	for _, c := range slotCases {
		present = append(present, c.id)
	}
	if listed := conformance.ListedOf("MS"); !slices.Equal(present, listed) {
		t.Errorf("the cases are\n%v, those of the list\n%v", present, listed)
	}
}
