package pymarshal

// sequence reads a list, tuple, set or frozenset.
func (r *reader) sequence(code byte, depth int) (any, error) {
	size := r.size
	if code == codeSmallTuple {
		size = r.shortSize
	}
	n, err := size()
	if err != nil {
		return nil, err
	}
	elements, err := r.elements(n, depth)
	if err != nil {
		return nil, err
	}
	switch code {
	case codeList:
		return elements, nil
	case codeTuple, codeSmallTuple:
		return Tuple(elements), nil
	}
	for _, element := range elements {
		if !hashable(element) {
			return nil, malformed("a %s in a set", pythonName(element))
		}
	}
	if code == codeSet {
		return Set(elements), nil
	}
	return FrozenSet(elements), nil
}

// elements reads n values. They are paid for before their room is made, since
// every one of many nested lists may announce as many as there are bytes left.
func (r *reader) elements(n, depth int) ([]any, error) {
	if err := r.spendValues(n); err != nil {
		return nil, err
	}
	elements := make([]any, n)
	for i := range elements {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		elements[i] = v
	}
	return elements, nil
}

// dict reads pairs up to the code that ends them.
func (r *reader) dict(depth int) (any, error) {
	dict := Dict{}
	for !r.ends() {
		if err := r.spendValues(2); err != nil {
			return nil, err
		}
		key, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !hashable(key) {
			return nil, malformed("a %s as a key", pythonName(key))
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		dict = append(dict, Item{key, value})
	}
	return dict, nil
}

// ends takes the end of a dict, if it is next.
func (r *reader) ends() bool {
	if len(r.rest) == 0 || r.rest[0]&^flagRef != codeNull {
		return false
	}
	r.rest = r.rest[1:]
	return true
}
