package conformance

import (
	"slices"
	"testing"
)

// accessRights are the cases of access rights. A right belongs to a handle, and
// only Windows has it; no actor can ask for one. So somebody else plays these
// cases, with calls of Windows: see RunAccessRights.
var accessRights = []entry{
	{id: "AC-01", title: "who creates an event may do everything"},
	{id: "AC-02", title: "an event opened to wait for it can only be waited for"},
	{id: "AC-04", title: "an event created without any right can do nothing"},
	{id: "AC-05", title: "a semaphore opened to wait for it cannot be released"},
	{id: "AC-07", title: "a timer opened either to wait for it or to set it"},
	{id: "AC-08", title: "unlocking needs ownership and no right"},
	{id: "AC-10", title: "a name that is missing is missing before no right is refused"},
	{id: "AC-11", title: "creating without any right: a new object, but not one that exists"},
	{id: "AC-13", title: "GENERIC_EXECUTE is the right to wait for a mutex"},
	{id: "AC-14", title: "GENERIC_READ and GENERIC_WRITE are not"},
	{id: "AC-16", title: "what the generic rights to a mutex are"},
	{id: "AC-17", title: "a handle that may not be waited for fails the whole wait"},
	{id: "AC-19", title: "Create asks for all rights, and Open takes fewer"},
	{id: "AC-x1", title: "an event or a semaphore opened to signal it can only be signalled"},
	{id: "AC-x2", title: "opening without any right is refused"},
	{id: "AC-x3", title: "what the generic rights to the other kinds are"},
}

// RunAccessRights plays the cases of access rights as subtests with their
// numbers, like Run. plays has a function for each; where there are none, each
// case says why it is left out.
func RunAccessRights(t *testing.T, plays map[string]func(*testing.T)) {
	var report report
	t.Cleanup(func() { report.write(t) })
	for _, e := range accessRights {
		t.Run(e.id, func(t *testing.T) {
			t.Cleanup(func() { report.add(t, e) })
			switch play := plays[e.id]; {
			case plays == nil:
				skip(t, "rights belong to handles on Windows only: here the namespace is the boundary")
			case play == nil:
				t.Fatal("nothing plays this case")
			default:
				play(t)
			}
		})
	}
	for id := range plays {
		if !slices.ContainsFunc(accessRights, func(e entry) bool { return e.id == id }) {
			t.Errorf("%s is played and not in the list", id)
		}
	}
}
