package pymarshal

// costOfValue is what every value is worth, whatever it is: about the memory
// that one takes in a decoded list.
const costOfValue = 32

// A budget is what is left of the limits. Reader and writer spend alike, so
// that what was written can be read.
type budget struct {
	maxDepth int
	left     int
}

// spend takes cost off what is left.
func (b *budget) spend(cost int) error {
	if cost > b.left {
		return tooComplex("beyond the limit of size")
	}
	b.left -= cost
	return nil
}

// spendValues takes n values off what is left.
func (b *budget) spendValues(n int) error {
	if n > b.left/costOfValue {
		return tooComplex("beyond the limit of size")
	}
	b.left -= n * costOfValue
	return nil
}

// enter allows a value that is depth deep.
func (b *budget) enter(depth int) error {
	if depth > b.maxDepth {
		return tooComplex("nested deeper than %d", b.maxDepth)
	}
	return nil
}
