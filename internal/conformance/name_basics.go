package conformance

import (
	"strings"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// spec has attributes that every kind can be created with.
var spec = actor.Spec{Max: 1}

// invalidName stands for the errors that Windows has for names.
var (
	invalidName = failed(actor.InvalidName)
	notExist    = failed(actor.NotExist)
	wrongType   = failed(actor.WrongType)
)

// new asserts that a name is new, and returns the handle to what it made.
func (p *Process) new(kind, name string) *Handle {
	p.c.t.Helper()
	h, r := p.creates(kind, name, spec)
	p.c.want(outcome(r), ok)
	p.c.check(!r.Existed, "the new %s %q existed", kind, name)
	return h
}

// pairs plays a scene for every two different kinds.
func pairs(play func(kind, other string)) {
	for _, kind := range actor.Kinds {
		for _, other := range actor.Kinds {
			if kind != other {
				play(kind, other)
			}
		}
	}
}

// nameBasics: one name, one object.
var nameBasics = []entry{
	{"NA-01", "a free name: a new object", func(c *Case) {
		for _, kind := range actor.Kinds {
			name := c.name()
			h := c.p1.new(kind, name)
			i := c.main.info(h)
			c.check(i.Name == name && i.Type == kind && i.Handles == 1, "Info of a new %s: %+v", kind, i)
			_, r := c.process().creates(kind, name, spec)
			c.want(outcome(r), ok)
			c.check(r.Existed, "the second Create of a %s does not say that it existed", kind)
			c.check(c.main.info(h).Handles == 2, "%d handles, want 2", c.main.info(h).Handles)
		}
	}},
	{"NA-03", "names are case-sensitive for Create", func(c *Case) {
		for _, kind := range actor.Kinds {
			name := c.name()
			c.p1.new(kind, name+"Foo")
			for _, other := range []string{"foo", "FOO", "fOO"} {
				c.p1.new(kind, name+other)
			}
		}
	}},
	{"NA-04", "… and for Open", func(c *Case) {
		p2 := c.process()
		for _, kind := range actor.Kinds {
			name := c.name()
			c.p1.new(kind, name+"Foo")
			_, r := p2.open(kind, name+"foo")
			c.want(outcome(r), notExist)
			_, r = p2.open(kind, name+"Foo")
			c.want(outcome(r), ok)
		}
	}},
	{"NA-06", "Open without a name is refused", func(c *Case) {
		for _, kind := range actor.Kinds {
			_, r := c.p1.open(kind, "")
			c.want(outcome(r), invalidName)
		}
	}},
	{"NA-07", "Create of a name of another type is refused", func(c *Case) {
		p2 := c.process()
		pairs(func(kind, other string) {
			name := c.name()
			h := c.p1.new(kind, name)
			for _, p := range []*Process{c.p1, p2} {
				_, r := p.creates(other, name, spec)
				c.want(outcome(r), wrongType)
			}
			c.check(c.main.info(h).Type == kind && c.main.info(h).Handles == 1, "the %s was disturbed", kind)
		})
	}},
	{"NA-08", "Open of a name of another type is refused", func(c *Case) {
		p2 := c.process()
		pairs(func(kind, other string) {
			name := c.name()
			c.p1.new(kind, name)
			for _, p := range []*Process{c.p1, p2} {
				_, r := p.open(other, name)
				c.want(outcome(r), wrongType)
			}
		})
	}},
	{"NA-09", "the object works after a refused Create", func(c *Case) {
		p2 := c.process()
		pairs(func(kind, other string) {
			o := c.named(kind, actor.Spec{Owned: true, Max: 1})
			_, r := c.p1.creates(other, o.name, spec)
			c.want(outcome(r), wrongType)
			h, r := p2.open(kind, o.name)
			c.want(outcome(r), ok)
			t2 := p2.thread()
			c.want(t2.try(h), timeout)
			c.makeAvailable(o)
			c.want(t2.try(h), ok)
			c.want(t2.close(h), ok)
		})
	}},
	{"NA-10", "without a name: always another object", func(c *Case) {
		for _, kind := range actor.Kinds {
			c.p1.new(kind, "")
			c.p1.new(kind, "")
		}
		e1, _ := c.p1.creates(actor.Event, "", actor.Spec{Manual: true})
		e2, _ := c.p1.creates(actor.Event, "", actor.Spec{Manual: true})
		c.want(c.main.set(e1), ok)
		c.want(c.main.try(e2), timeout)
	}},
	{"NA-12", "Open of an empty name fails", func(c *Case) {
		c.p1.new(actor.Event, "")
		for _, p := range []*Process{c.p1, c.process()} {
			for _, kind := range actor.Kinds {
				_, r := p.open(kind, "")
				c.check(r.Code != actor.OK, "a %s without a name was opened", kind)
			}
		}
	}},
	{"NA-18", `Local\abc is abc`, func(c *Case) {
		p2 := c.process()
		for _, kind := range actor.Kinds {
			for _, prefixes := range [][2]string{{"", `Local\`}, {`Local\`, ""}, {`Local\`, `Local\`}} {
				name := c.name()
				h := c.p1.new(kind, prefixes[0]+name)
				_, r := p2.creates(kind, prefixes[1]+name, spec)
				c.want(outcome(r), ok)
				c.check(r.Existed, "%q and %q are two objects", prefixes[0], prefixes[1])
				_, r = p2.open(kind, prefixes[1]+name)
				c.want(outcome(r), ok)
				c.check(c.main.info(h).Name == name, "the name is %q", c.main.info(h).Name)
			}
		}
	}},
	{"NA-19", `Global\abc is one object for all`, func(c *Case) {
		if !c.traits.Global {
			c.skip(`needs a directory for Global\ that root sets up`)
		}
		ps := []*Process{c.process(), c.process(), c.p1}
		for _, kind := range actor.Kinds {
			name := c.name()
			global := actor.Op{Verb: actor.Create, Kind: kind, Name: `Global\` + name, Spec: spec, Default: true}
			var hs []*Handle
			for i, p := range ps {
				h, r := p.obtain(global)
				c.want(outcome(r), ok)
				c.check(r.Existed == (i > 0), "process %d: existed is %v", i, r.Existed)
				hs = append(hs, h)
			}
			c.check(c.main.info(hs[2]).Handles == len(ps), "%d handles, want %d", c.main.info(hs[2]).Handles, len(ps))
			// The same name without the prefix is another one.
			_, r := c.p1.open(kind, name)
			c.want(outcome(r), notExist)
			for i, h := range hs {
				c.want(c.close(ps[i], h), ok)
			}
			global.Verb = actor.Open
			_, r = ps[0].obtain(global)
			c.want(outcome(r), notExist)
		}
	}},
	{"NA-30", "pipes and mailslots have names of their own", func(c *Case) {
		c.skip("pipes do not exist here yet; TestMailslotNamesAreNotShared shows it of mailslots")
	}},
	{"NA-31", "a duplicate of a handle in another process", func(c *Case) {
		c.skip("handles are Go values: there is no duplicate of one in another process, only another handle (NA-13, NA-15)")
	}},
	{"NA-x1", "the list of objects", func(c *Case) {
		p2 := c.process()
		want := map[string]string{}
		for _, kind := range actor.Kinds {
			name := c.name()
			c.p1.new(kind, name)
			want[name] = kind
		}
		var last string
		for _, i := range p2.do(actor.Op{Verb: actor.Objects}).Objects {
			c.check(strings.Compare(last, i.Name) <= 0, "%q stands behind %q", i.Name, last)
			last = i.Name
			if want[i.Name] == i.Type {
				delete(want, i.Name)
			}
		}
		c.check(len(want) == 0, "not in the list: %v", want)
	}},
}
