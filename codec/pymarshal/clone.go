package pymarshal

import (
	"bytes"
	"math/big"
)

// clone copies an object that is referred to again. The copy costs what the
// object did, but for the value itself, so that a short message cannot stand for
// an endless one, and it nests where it now stands.
func (r *reader) clone(v any, depth int) (any, error) {
	if err := r.enter(depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case unfinished:
		return nil, tooComplex("an object that contains itself")
	case string:
		return v, r.spend(len(v))
	case []byte:
		return bytes.Clone(v), r.spend(len(v))
	case *big.Int:
		return new(big.Int).Set(v), r.spend(len(splitDigits(v.Bytes())))
	case []any:
		return r.cloneAll(v, depth+1)
	case Tuple:
		copied, err := r.cloneAll(v, depth+1)
		return Tuple(copied), err
	case Set:
		copied, err := r.cloneAll(v, depth+1)
		return Set(copied), err
	case FrozenSet:
		copied, err := r.cloneAll(v, depth+1)
		return FrozenSet(copied), err
	case Dict:
		return r.cloneDict(v, depth+1)
	}
	return v, nil
}

func (r *reader) cloneAll(values []any, depth int) ([]any, error) {
	if err := r.spendValues(len(values)); err != nil {
		return nil, err
	}
	copied := make([]any, len(values))
	for i, v := range values {
		var err error
		if copied[i], err = r.clone(v, depth); err != nil {
			return nil, err
		}
	}
	return copied, nil
}

func (r *reader) cloneDict(dict Dict, depth int) (any, error) {
	if err := r.spendValues(2 * len(dict)); err != nil {
		return nil, err
	}
	copied := make(Dict, len(dict))
	for i, item := range dict {
		key, err := r.clone(item.Key, depth)
		if err != nil {
			return nil, err
		}
		value, err := r.clone(item.Value, depth)
		if err != nil {
			return nil, err
		}
		copied[i] = Item{key, value}
	}
	return copied, nil
}
