//go:build linux

package torture

import (
	"fmt"
	"iter"
	"math/bits"
	"strings"
)

// A set is a set of objects, a bit for each by its number.
type set uint32

func of(numbers ...int) set {
	var s set
	for _, k := range numbers {
		s |= 1 << k
	}
	return s
}

func (s set) has(k int) bool { return s>>k&1 != 0 }
func (s set) size() int      { return bits.OnesCount32(uint32(s)) }

// all gives the numbers in s, in rising order.
func (s set) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(bits.TrailingZeros32(uint32(s))) {
				return
			}
		}
	}
}

func (s set) String() string {
	var names []string
	for k := range s.all() {
		names = append(names, objects[k].name)
	}
	return "{" + strings.Join(names, " ") + "}"
}

// An account says what a hand holds, what it is about to give, what it is about
// to take, and whether it takes one of those or all:
//
//	any 1 | taking 24 | giving 18 | held 18
//
// What it is about to give it still holds.
type account uint64

const (
	givingShift = ownable
	takingShift = 2 * ownable
	anyBit      = 1 << (takingShift + len(objects))

	ownableMask = 1<<ownable - 1
	objectMask  = 1<<len(objects) - 1
)

func (a account) held() set   { return set(a & ownableMask) }
func (a account) giving() set { return set(a >> givingShift & ownableMask) }
func (a account) taking() set { return set(a >> takingShift & objectMask) }
func (a account) any() bool   { return a&anyBit != 0 }

func (a account) String() string {
	how := "all of"
	if a.any() {
		how = "one of"
	}
	return fmt.Sprintf("holds %v, gives %v, takes %s %v", a.held(), a.giving(), how, a.taking())
}

// holding is the account of a hand that is about to do nothing.
func holding(held set) account { return account(held & ownableMask) }

// aboutTo is the account of a hand that will give and then take. Of several
// things it takes one, or all.
func (a account) aboutTo(give, take set, all bool) account {
	a = holding(a.held()) | account(give)<<givingShift | account(take)<<takingShift
	if !all {
		a |= anyBit
	}
	return a
}

// certain is what dies with the hand, whatever became of its operation.
func (a account) certain() set { return a.held() &^ a.giving() }

// doubtful is what may have died with it.
func (a account) doubtful() set { return (a.giving() | a.taking()) & ownableMask }

// outcomes are the ways in which the operation in doubt can have ended: what is
// lost by each, beside what is certain. The first is that nothing is.
func (a account) outcomes() []set {
	list := []set{0}
	if give := a.giving() & conserved; give != 0 {
		list = append(list, give)
	}
	take := a.taking() & conserved
	switch {
	case take == 0:
	case a.any():
		for k := range take.all() {
			list = append(list, of(k))
		}
	default:
		list = append(list, take)
	}
	return list
}
