package pymarshal

// A reader decodes one message.
type reader struct {
	rest     []byte
	refs     []any // the objects that were flagged, in order
	interned []any // the interned strings, in order
	budget
}

// unfinished stands in refs for an object whose parts are being read.
type unfinished struct{}

// message reads a value and insists on nothing behind it.
func (r *reader) message() (any, error) {
	if err := r.spendValues(1); err != nil {
		return nil, err
	}
	v, err := r.value(1)
	if err != nil {
		return nil, err
	}
	if len(r.rest) > 0 {
		return nil, malformed("%d bytes follow the value", len(r.rest))
	}
	return v, nil
}

// value reads a value. Whatever holds it has paid for it, except for what its
// text is worth.
func (r *reader) value(depth int) (any, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	code, err := r.byte()
	if err != nil {
		return nil, err
	}
	flagged := code&flagRef != 0
	code &^= flagRef
	switch code {
	case codeNone:
		return nil, nil
	case codeTrue, codeFalse:
		return code == codeTrue, nil
	case codeEllipsis:
		return Ellipsis, nil
	case codeRef:
		return r.reference(r.refs, depth)
	case codeInternedRef:
		return r.reference(r.interned, depth)
	}
	return r.object(code, flagged, depth)
}

// object reads one of the values that can be referred to. Its place among them
// is taken before those of its parts.
func (r *reader) object(code byte, flagged bool, depth int) (any, error) {
	place := len(r.refs)
	if flagged {
		r.refs = append(r.refs, unfinished{})
	}
	v, err := r.content(code, depth)
	if err != nil {
		return nil, err
	}
	if flagged {
		r.refs[place] = v
	}
	return v, nil
}

func (r *reader) content(code byte, depth int) (any, error) {
	switch code {
	case codeInt, codeInt64, codeLong:
		return r.integer(code)
	case codeFloat, codeTextFloat:
		return r.float(code == codeTextFloat)
	case codeComplex, codeTextComplex:
		return r.complex(code == codeTextComplex)
	case codeBytes:
		return r.bytes()
	case codeUnicode, codeInterned, codeASCII, codeASCIIInterned, codeShort, codeShortInterned:
		return r.text(code)
	case codeList, codeTuple, codeSmallTuple, codeSet, codeFrozenSet:
		return r.sequence(code, depth)
	case codeDict:
		return r.dict(depth)
	case codeNull:
		return nil, malformed("no value where there must be one")
	case codeCode, codeSlice, codeStopIteration:
		return nil, tooComplex("a code object, slice or StopIteration")
	}
	return nil, malformed("%q begins no value", code)
}

// reference reads the index of an earlier object, and copies that.
func (r *reader) reference(objects []any, depth int) (any, error) {
	i, err := r.uint32()
	if err != nil {
		return nil, err
	}
	if int64(i) >= int64(len(objects)) {
		return nil, malformed("a reference to object %d of %d", i, len(objects))
	}
	return r.clone(objects[i], depth)
}
