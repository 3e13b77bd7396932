package bench

import "fmt"

// A Target is a promise about a figure. What it is about is computed for each
// round; the median of the rounds, or the worst, is held against the limit.
type Target struct {
	Text  string
	of    func(Round) (float64, bool) // false: something is not there
	limit float64
	unit  string
	least bool // the limit is the least, not the most
	worst bool
}

// A Round is what the subjects of a figure gave in one round, by key.
type Round map[string]Values

// value is one quantity of one subject.
func (r Round) value(subject, quantity string) (float64, bool) {
	v, ok := r[subject][quantity]
	return v, ok
}

// ratio is that of two subjects' quantities.
func (r Round) ratio(quantity, of, to string) (float64, bool) {
	a, ok1 := r.value(of, quantity)
	b, ok2 := r.value(to, quantity)
	return a / b, ok1 && ok2 && b != 0
}

// slope is what each further step in X adds to a subject's quantity.
func (r Round) slope(quantity, name string, from, to float64) (float64, bool) {
	a, ok1 := r.value(key(name, from), quantity)
	b, ok2 := r.value(key(name, to), quantity)
	return (b - a) / (to - from), ok1 && ok2
}

// atMost is a target for our own quantity.
func atMost(q Quantity, limit float64) Target {
	return Target{
		Text:  fmt.Sprintf("%s ≤ %s", q.Name, Format(limit, q.Unit)),
		of:    func(r Round) (float64, bool) { return r.value(Ours, q.Name) },
		limit: limit,
		unit:  q.Unit,
	}
}

// worstAtMost is atMost for the worst round.
func worstAtMost(q Quantity, limit float64) Target {
	t := atMost(q, limit)
	t.Text = "worst " + t.Text
	t.worst = true
	return t
}

// slopeAtMost is a target for what each further step in X adds to our time.
func slopeAtMost(what, quantity string, from, to, limit float64) Target {
	return Target{
		Text:  fmt.Sprintf("each further %s adds ≤ %s", what, Format(limit, "ns")),
		of:    func(r Round) (float64, bool) { return r.slope(quantity, Ours, from, to) },
		limit: limit,
		unit:  "ns",
	}
}

// times is a target for the ratio of our quantity to a peer's.
func times(quantity, peer string, limit float64) Target {
	return ratioOf(quantity, Ours, peer, limit)
}

func ratioOf(quantity, subject, peer string, limit float64) Target {
	return Target{
		Text:  fmt.Sprintf("%s ≤ %.4g × %s", quantity, limit, peer),
		of:    func(r Round) (float64, bool) { return r.ratio(quantity, subject, peer) },
		limit: limit,
	}
}

// atLeastTimes is times for quantities of which more is better.
func atLeastTimes(quantity, peer string, limit float64) Target {
	t := times(quantity, peer, limit)
	t.Text = fmt.Sprintf("%s ≥ %.4g × %s", quantity, limit, peer)
	t.least = true
	return t
}

// A Verdict is how a target fared.
type Verdict struct {
	Target string  `json:"target"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	Limit  float64 `json:"limit"`
	Met    bool    `json:"met"`
}

// judge holds the rounds against the target; false if nothing can be said.
func (t Target) judge(rounds []Round) (Verdict, bool) {
	var all []float64
	for _, r := range rounds {
		if v, ok := t.of(r); ok {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return Verdict{}, false
	}
	v := Median(all)
	if t.worst {
		v = Max(all)
	}
	met := v <= t.limit
	if t.least {
		met = v >= t.limit
	}
	return Verdict{t.Text, v, t.unit, t.limit, met}, true
}
