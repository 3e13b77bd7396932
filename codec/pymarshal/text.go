package pymarshal

import (
	"bytes"
	"unicode/utf8"
)

// bytes reads the content of a bytes object.
func (r *reader) bytes() (any, error) {
	n, err := r.size()
	if err != nil {
		return nil, err
	}
	b, err := r.paid(n)
	if err != nil {
		return nil, err
	}
	return append([]byte{}, b...), nil
}

// text reads any of the forms of a str.
func (r *reader) text(code byte) (any, error) {
	size := r.size
	if code == codeShort || code == codeShortInterned {
		size = r.shortSize
	}
	n, err := size()
	if err != nil {
		return nil, err
	}
	b, err := r.paid(n)
	if err != nil {
		return nil, err
	}
	switch code {
	case codeUnicode:
		return r.unicode(b)
	case codeInterned:
		return r.internedText(b), nil
	}
	if !isASCII(b) {
		return nil, malformed("text of an ASCII form that is not ASCII")
	}
	return string(b), nil
}

func (r *reader) unicode(b []byte) (any, error) {
	if !isText(b) {
		return nil, malformed("text that is not UTF-8")
	}
	return string(b), nil
}

// internedText is text, unless it can only be bytes of Python 2.
func (r *reader) internedText(b []byte) (v any) {
	v = string(b)
	if !isText(b) {
		v = bytes.Clone(b)
	}
	r.interned = append(r.interned, v)
	return v
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isText tells whether s is UTF-8 in which lone surrogates are allowed, each as
// three bytes.
func isText(s []byte) bool {
	for len(s) > 0 {
		char, n := utf8.DecodeRune(s)
		if char == utf8.RuneError && n == 1 {
			if !beginsWithSurrogate(s) {
				return false
			}
			n = 3
		}
		s = s[n:]
	}
	return true
}

func beginsWithSurrogate(s []byte) bool {
	return len(s) >= 3 && s[0] == 0xed && s[1] >= 0xa0 && s[1] <= 0xbf && s[2] >= 0x80 && s[2] <= 0xbf
}
