package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
)

// A duration is a flag's value that is not negative.
type duration struct{ d time.Duration }

func (d *duration) String() string {
	if d.d == 0 {
		return ""
	}
	return d.d.String()
}

func (d *duration) Type() string { return "duration" }

func (d *duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return errors.New("a duration is written like 500ms, 2s or 1m30s")
	case v < 0:
		return errors.New("it is negative")
	}
	d.d = v
	return nil
}

// A timeout is the value of --timeout. Its zero value is no limit; a limit of
// 0 is a look without waiting.
type timeout struct {
	set   bool
	limit time.Duration
}

func (t *timeout) String() string { return "" }

func (t *timeout) Type() string { return "duration" }

func (t *timeout) Set(text string) error {
	var d duration
	if err := d.Set(text); err != nil {
		return err
	}
	t.set, t.limit = true, d.d
	return nil
}

func (a *app) timeoutFlag(c *cobra.Command) {
	c.Flags().Var(&a.timeout, "timeout", "give up after `DURATION` with status 124; 0 does not wait")
}

// limited is ctx with the user's limit on a wait.
func (a *app) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if !a.timeout.set {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, a.timeout.limit)
}

func (a *app) jsonFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.json, "json", false, "print JSON")
}
