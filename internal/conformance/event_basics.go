package conformance

import (
	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// eventBasics: events that nobody waits for.
var eventBasics = []entry{
	{"EV-01", "auto-reset, unset: a Set satisfies one wait", func(c *Case) {
		e, t := c.event(false, false), c.thread()
		c.want(c.main.try(e), timeout)
		for range 3 {
			c.want(t.set(e), ok)
			c.want(c.main.try(e), ok)
			c.want(c.main.try(e), timeout)
			c.want(t.try(e), timeout)
		}
	}},
	{"EV-02", "auto-reset, created set: one wait", func(c *Case) {
		e := c.event(false, true)
		c.want(c.thread().try(e), ok)
		c.want(c.main.try(e), timeout)
	}},
	{"EV-04", "manual-reset: a Set satisfies every wait", func(c *Case) {
		e := c.event(true, false)
		c.want(c.main.try(e), timeout)
		c.want(c.thread().set(e), ok)
		for range 3 {
			c.want(c.main.try(e), ok)
		}
		f := c.event(true, true)
		c.want(c.main.try(f), ok)
		c.want(c.main.try(f), ok)
	}},
	{"EV-05", "redundant Set and Reset are no errors; the state before each", func(c *Case) {
		c.both(func(manual bool) {
			e := c.event(manual, false)
			c.check(!c.main.isSet(e), "set before the first Set")
			c.want(c.main.set(e), ok)
			c.check(c.main.isSet(e), "unset before the second Set")
			c.want(c.main.set(e), ok)
			c.check(c.main.isSet(e), "unset before the first Reset")
			c.check(c.info(e).Signaled, "Info does not say that the event is set")
			c.want(c.main.reset(e), ok)
			c.check(!c.main.isSet(e), "set before the second Reset")
			c.want(c.main.reset(e), ok)
			c.check(!c.main.isSet(e), "set in the end")
			c.check(!c.info(e).Signaled, "Info says that the event is set")
		})
	}},
	{"EV-07", "Set and Reset leave it unset", func(c *Case) {
		c.both(func(manual bool) {
			e := c.event(manual, false)
			c.want(c.main.set(e), ok)
			c.want(c.main.reset(e), ok)
			c.want(c.main.try(e), timeout)
			c.want(c.thread().try(e), timeout)
		})
	}},
	{"EV-14", "Pulse without waiters has no effect on an unset event", func(c *Case) {
		c.both(func(manual bool) {
			e := c.event(manual, false)
			c.want(c.main.pulse(e), ok)
			c.want(c.main.try(e), timeout)
		})
	}},
	{"EV-15", "Pulse ends unset, even if the event was set", func(c *Case) {
		c.both(func(manual bool) {
			e := c.event(manual, true)
			c.check(c.main.isSet(e), "created set, and is not")
			c.want(c.main.pulse(e), ok)
			c.check(!c.main.isSet(e), "set after Pulse")
			c.want(c.main.try(e), timeout)
			c.want(c.main.pulse(e), ok)
			c.want(c.main.try(e), timeout)
		})
	}},
	{"EV-22", "two handles, from Create and Open, are one event", func(c *Case) {
		c.both(func(manual bool) {
			e, p2 := c.named(actor.Event, actor.Spec{Manual: manual}), c.process()
			h1, h2 := c.p1.opens(e), p2.opens(e)
			t1, t2 := c.main, p2.thread()
			c.want(t1.set(h1), ok)
			c.want(t2.try(h2), ok)
			if manual {
				c.want(t1.try(h1), ok)
				c.want(t2.reset(h2), ok)
			}
			c.want(t1.try(h1), timeout)
			c.want(t2.set(h2), ok)
			c.want(t1.try(h1), ok)
		})
	}},
	{"EV-24", "the second creator's attributes are ignored", func(c *Case) {
		c.both(func(manual bool) {
			e, p2 := c.named(actor.Event, actor.Spec{Manual: manual}), c.process()
			h, r := p2.creates(actor.Event, e.name, actor.Spec{Manual: !manual, Set: true})
			c.want(outcome(r), ok)
			c.check(r.Existed, "Create of an existing event does not say so")
			t2 := p2.thread()
			c.want(t2.try(h), timeout)
			c.want(t2.set(h), ok)
			c.want(t2.try(h), ok)
			if manual {
				c.want(t2.try(h), ok)
			} else {
				c.want(t2.try(h), timeout)
			}
			c.check(t2.info(h).ManualReset == manual, "the kind of the event has changed")
		})
	}},
	{"EV-25", "the kind stays with the event when its creator's handle is closed", func(c *Case) {
		c.both(func(manual bool) {
			p2, name := c.process(), c.name()
			h1, _ := c.p1.creates(actor.Event, name, actor.Spec{Manual: manual})
			h2, r := p2.open(actor.Event, name)
			c.want(outcome(r), ok)
			c.want(c.main.close(h1), ok)
			t2 := p2.thread()
			c.want(t2.set(h2), ok)
			c.want(t2.try(h2), ok)
			if manual {
				c.want(t2.try(h2), ok)
				c.want(t2.reset(h2), ok)
			}
			c.want(t2.try(h2), timeout)
		})
	}},
	{"EV-26", "closed and nil handles are refused", func(c *Case) {
		h, _ := c.p1.creates(actor.Event, "", actor.Spec{})
		c.want(c.main.close(h), ok)
		for _, verb := range []actor.Verb{actor.Set, actor.Reset, actor.Pulse, actor.IsSet, actor.Info, actor.Wait} {
			c.want(c.main.on(verb, h), failed(actor.Closed))
			c.want(c.main.on(verb, null(actor.Event)), failed(actor.Invalid))
		}
		c.want(c.main.close(h), ok) // again
	}},
	{"EV-31", "security descriptors: none is full access, others are not ignored", func(c *Case) {
		h, r := c.p1.creates(actor.Event, c.name(), actor.Spec{})
		c.want(outcome(r), ok)
		for _, verb := range []actor.Verb{actor.Set, actor.Wait, actor.Pulse, actor.Reset, actor.IsSet} {
			want := ok
			if verb == actor.Wait {
				c.want(c.main.try(h), want)
				continue
			}
			c.want(c.main.on(verb, h), want)
		}
		if !onWindows || c.traits.NoSecurity {
			for _, kind := range actor.Kinds {
				_, r := c.p1.creates(kind, c.name(), actor.Spec{Max: 1, Security: "D:"})
				c.want(outcome(r), failed(actor.Unsupported))
			}
			return
		}
		for _, sddl := range []string{"D:NO_ACCESS_CONTROL", "D:"} {
			h, r := c.p1.creates(actor.Event, c.name(), actor.Spec{Security: sddl})
			c.want(outcome(r), ok)
			c.want(c.main.set(h), ok)
			c.want(c.main.try(h), ok)
		}
	}},
}
