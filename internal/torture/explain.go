//go:build linux

package torture

import "slices"

// A shortage is how many units of each object are missing.
type shortage [ownable]int

// explain tells whether the operations in doubt can have lost just what is
// missing: each lost one of its outcomes, of which the first is nothing.
func explain(missing shortage, doubts [][]set) bool {
	k := slices.IndexFunc(missing[:], func(n int) bool { return n != 0 })
	if k < 0 {
		return true // the others lost nothing
	}
	for i, outcomes := range doubts {
		rest := slices.Delete(slices.Clone(doubts), i, i+1)
		for _, lost := range outcomes {
			if left, ok := missing.without(lost); lost.has(k) && ok && explain(left, rest) {
				return true
			}
		}
	}
	return false
}

// without is what is missing beside lost; ok is false if that was not missing.
func (s shortage) without(lost set) (rest shortage, ok bool) {
	for k := range lost.all() {
		if s[k]--; s[k] < 0 {
			return s, false
		}
	}
	return s, true
}
