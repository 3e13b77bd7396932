package testproc

import (
	"fmt"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

func init() {
	Register("echo", func(c *Child) {
		fmt.Println("noise of other code")
		c.Sayf("ready %s", strings.Join(c.Args, " "))
		for {
			switch line := c.Line(); line {
			case "return":
				return
			case "crash":
				panic("as told")
			case "fail":
				c.Fatalf("as told")
			case "sum":
				var numbers []int
				c.Receive(&numbers)
				sum := 0
				for _, n := range numbers {
					sum += n
				}
				c.Send(map[string]int{"sum": sum})
			default:
				c.Sayf("%s", line)
			}
		}
	})
}

func startEcho(t TB) *Proc {
	p := Start(t, "echo", "a", "b")
	p.Expect("ready a b")
	return p
}

func TestTalk(t *testing.T) {
	p := startEcho(t)
	p.Sayf("hello %d", 1)
	p.Expect("hello 1")
	p.Sayf("sum")
	var reply struct{ Sum int }
	p.Call([]int{1, 2, 3}, &reply)
	if reply.Sum != 6 {
		t.Errorf("the sum is %d, want 6", reply.Sum)
	}
	p.Exit()
}

func TestReturn(t *testing.T) {
	p := startEcho(t)
	p.Sayf("return")
	if state := p.Wait(); !state.Success() {
		t.Errorf("the child ended with %v", state)
	}
}

func TestKill(t *testing.T) {
	p := startEcho(t)
	if !alive(p.PID()) {
		t.Error("the child is not there before Kill")
	}
	p.Kill()
	if alive(p.PID()) {
		t.Error("the child is still there after Kill")
	}
}

func TestStop(t *testing.T) {
	if !CanStop {
		t.Skip("SKIPPED: needs signals")
	}
	p := startEcho(t)
	p.Stop()
	p.Sayf("still there")
	select {
	case line := <-p.Lines():
		t.Errorf("a stopped child says %q", line)
	default:
	}
	p.Cont()
	p.Expect("still there")
	p.Stop()
	p.Kill()
}

// A recorder stands in for a test, to see how it would have failed.
type recorder struct {
	*testing.T
	text    strings.Builder
	cleanup []func()
}

func (r *recorder) Errorf(format string, args ...any) { fmt.Fprintf(&r.text, format, args...) }
func (r *recorder) Failed() bool                      { return r.text.Len() > 0 }
func (r *recorder) Cleanup(f func())                  { r.cleanup = append(r.cleanup, f) }

func TestComplaints(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*Proc)
		want string
	}{
		"left running": {func(*Proc) {}, "nobody waited"},
		"crashed":      {func(p *Proc) { p.Sayf("crash"); <-p.Ended() }, "panic: as told"},
		"failed":       {func(p *Proc) { p.Sayf("fail"); <-p.Ended() }, "exit status 1"},
		"exit":         {func(p *Proc) { p.Sayf("fail"); <-p.Ended(); p.Exit() }, "exit status 1"},
		"in order":     {func(p *Proc) { p.Exit() }, ""},
		"killed late":  {func(p *Proc) { p.Exit(); p.Kill() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{T: t}
			p := startEcho(r)
			c.end(p)
			for _, f := range r.cleanup {
				f()
			}
			select {
			case <-p.Ended():
			default:
				t.Error("the child was left behind")
			}
			if got := r.text.String(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("the complaint is %q, want %q in it", got, c.want)
			}
		})
	}
}
