//go:build linux

package torture

import "testing"

func TestExplain(t *testing.T) {
	all := account(0).aboutTo(0, of(0, 1), true).outcomes()
	any := account(0).aboutTo(0, of(0, 1), false).outcomes()
	give := holding(of(2)).aboutTo(of(2), 0, true).outcomes()
	swap := holding(of(2)).aboutTo(of(2), of(0), true).outcomes()
	for _, c := range []struct {
		name    string
		missing shortage
		doubts  [][]set
		want    bool
	}{
		{"nothing is missing", shortage{}, nil, true},
		{"nothing was lost", shortage{}, [][]set{all, any, give, swap}, true},
		{"one is missing and nobody was in doubt", shortage{1}, nil, false},
		{"one is missing and doubt was about another", shortage{1}, [][]set{give}, false},
		{"one too many", shortage{-1}, [][]set{all, any, give, swap}, false},
		{"a wait-all took all", shortage{1, 1}, [][]set{all}, true},
		{"a wait-all took a part", shortage{1}, [][]set{all}, false},
		{"a wait-any took one", shortage{0, 1}, [][]set{any}, true},
		{"a wait-any took two", shortage{1, 1}, [][]set{any}, false},
		{"two waits-any took one each", shortage{1, 1}, [][]set{any, any}, true},
		{"two waits-any took the same", shortage{2}, [][]set{any, any}, true},
		{"it did not signal", shortage{0, 0, 1}, [][]set{swap}, true},
		{"it signalled and took", shortage{1}, [][]set{swap}, true},
		{"it took and did not signal", shortage{1, 0, 1}, [][]set{swap}, false},
		{"only one of the choices fits", shortage{1, 1, 1}, [][]set{any, all, give}, true},
	} {
		if got := explain(c.missing, c.doubts); got != c.want {
			t.Errorf("%s: explained is %v", c.name, got)
		}
	}
}

func TestAccount(t *testing.T) {
	last := len(objects) - 1
	a := holding(of(0, ownable-1)).aboutTo(of(0), of(1, last), false)
	if a.held() != of(0, ownable-1) || a.giving() != of(0) || a.taking() != of(1, last) || !a.any() {
		t.Errorf("%v %v %v %v", a.held(), a.giving(), a.taking(), a.any())
	}
	if a.certain() != of(ownable-1) || a.doubtful() != of(0, 1) {
		t.Errorf("certain %v, doubtful %v", a.certain(), a.doubtful())
	}
	if b := a.aboutTo(0, of(last), true); b.any() || b.held() != a.held() || b.giving() != 0 {
		t.Errorf("%v %v %v", b.held(), b.giving(), b.any())
	}
}
