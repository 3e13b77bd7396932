package pymarshal

// The codes that values begin with.
const (
	codeNull          = '0' // ends a dict
	codeNone          = 'N'
	codeFalse         = 'F'
	codeTrue          = 'T'
	codeStopIteration = 'S'
	codeEllipsis      = '.'

	codeInt           = 'i' // 32 bits
	codeInt64         = 'I' // Python 2 only
	codeLong          = 'l' // digits of 15 bits
	codeTextFloat     = 'f' // before version 2
	codeFloat         = 'g'
	codeTextComplex   = 'x' // before version 2
	codeComplex       = 'y'
	codeBytes         = 's'
	codeUnicode       = 'u'
	codeInterned      = 't' // text; in Python 2 bytes
	codeInternedRef   = 'R' // Python 2 only: an earlier interned string
	codeASCII         = 'a' // from here on version 4
	codeASCIIInterned = 'A'
	codeShort         = 'z'
	codeShortInterned = 'Z'

	codeSmallTuple = ')' // version 4
	codeTuple      = '('
	codeList       = '['
	codeDict       = '{'
	codeSet        = '<'
	codeFrozenSet  = '>'

	codeRef   = 'r' // version 3: an earlier object that was flagged
	codeCode  = 'c'
	codeSlice = ':' // version 5

	// flagRef marks an object that later ones may refer to.
	flagRef = 0x80
)

// Long integers have digits of so many bits, in two bytes each.
const (
	digitBits = 15
	digitBase = 1 << digitBits
)
