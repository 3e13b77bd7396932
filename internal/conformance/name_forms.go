package conformance

import (
	"strings"

	"github.com/winsys-go/ipc/internal/testproc/actor"
)

// refused asserts that a name is not possible, for any kind.
func (c *Case) refused(name string) {
	c.t.Helper()
	for _, kind := range actor.Kinds {
		_, r := c.p1.creates(kind, name, spec)
		c.want(outcome(r), invalidName)
		_, r = c.p1.open(kind, name)
		c.want(outcome(r), invalidName)
	}
}

// possible asserts that a name works, for any kind, in two processes.
func (c *Case) possible(p2 *Process, name string) {
	c.t.Helper()
	for _, kind := range actor.Kinds {
		h := c.p1.new(kind, name)
		c.check(c.main.info(h).Name == name, "the name %q has become %q", name, c.main.info(h).Name)
		h2, r := p2.open(kind, name)
		c.want(outcome(r), ok)
		c.want(c.close(p2, h2), ok)
		c.want(c.close(c.p1, h), ok)
	}
}

// nameForms: what a name may look like.
var nameForms = []entry{
	{"NA-21", "the prefixes are case-sensitive", func(c *Case) {
		for _, prefix := range []string{"local", "LOCAL", "global", "GLOBAL", "lOCAL", "Session"} {
			c.refused(prefix + `\` + c.name())
		}
	}},
	{"NA-22", "a backslash in a name", func(c *Case) {
		c.refused(`willy\wonka`)
		c.refused(`Local\willy\wonka`)
		c.refused(`Global\willy\wonka`)
		c.refused(`Local\Global\wonka`)
		c.refused(`Local\Local\wonka`)
	}},
	{"NA-24", "a backslash at the beginning, at the end, twice", func(c *Case) {
		for _, name := range []string{`\abc`, `abc\`, `a\\b`, `\`, `\\`, `Local\`, `Global\`, `Local\\abc`} {
			c.refused(name)
		}
	}},
	{"NA-25", "every other character is possible", func(c *Case) {
		p2 := c.process()
		for _, name := range []string{
			"a/b", "/", "//", "../x", ".", "..", " ", " with spaces ", `*?<>|:"`, "ä€𝄞", "日本語", "\u202e",
			"a\tb\nc", "%s%n", "Local", "Global", "Local/x", "ipc", "segment", "-x", "\x7f",
		} {
			c.possible(p2, name)
		}
	}},
	{"NA-27", "a very long name works or fails cleanly", func(c *Case) {
		p2 := c.process()
		c.possible(p2, strings.Repeat("x", 1000))
		c.possible(p2, strings.Repeat("x", 1024))
		c.possible(p2, strings.Repeat("€", 1024/3))
		for _, n := range []int{1025, 32_766, 32_767, 1 << 17} {
			c.refused(strings.Repeat("x", n))
		}
	}},
	{"NA-28", "long names that differ late are different", func(c *Case) {
		p2 := c.process()
		for _, n := range []int{31, 63, 127, 254, 255, 256, 259, 511, 1022} {
			stem := strings.Repeat("n", n)
			for _, kind := range actor.Kinds {
				h1, h2, h3 := c.p1.new(kind, stem), c.p1.new(kind, stem+"1"), c.p1.new(kind, stem+"2")
				_, r := p2.open(kind, stem+"3")
				c.want(outcome(r), notExist)
				for _, h := range []*Handle{h1, h2, h3} {
					c.want(c.close(c.p1, h), ok)
				}
			}
		}
	}},
	{"NA-x2", "names that are not text", func(c *Case) {
		for _, name := range []string{"a\x00b", "\x00", "a\xffb", "\xc3"} {
			if strings.Contains(name, "\x00") {
				c.refused(name)
				continue
			}
			// What is not UTF-8 does not survive the way to another
			// process of the test; in this one it must be refused.
			if !c.traits.Spread {
				c.refused(name)
			}
		}
	}},
}
