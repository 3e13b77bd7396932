package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/winsys-go/ipc/internal/bench"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// A chart is how one quantity grows with something.
type chart struct {
	title, x string
	y        bench.Quantity
	lines    map[string]plotter.XYs
}

// draw draws all that grows, each as SVG and as PNG.
func draw(dir string, results []bench.Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, c := range charts(results) {
		if err := c.save(dir); err != nil {
			return fmt.Errorf("draw %q: %w", c.title, err)
		}
	}
	return nil
}

// charts collects the lines of each plot: figures of a series are one plot,
// other figures with an X are one each.
func charts(results []bench.Result) []*chart {
	var all []*chart
	bySeries := map[string]*chart{}
	for _, r := range results {
		if r.X == "" || len(r.Rows) == 0 {
			continue
		}
		c := bySeries[r.Series]
		if c == nil {
			c = &chart{title: cmp.Or(r.Series, r.Name), x: r.X, y: r.Rows[0].Of, lines: map[string]plotter.XYs{}}
			all = append(all, c)
			if r.Series != "" {
				bySeries[r.Series] = c
			}
		}
		c.add(r)
	}
	return all
}

// add adds a result's points. In a series that is the principal quantity of
// each subject; otherwise all quantities.
func (c *chart) add(r bench.Result) {
	for _, row := range r.Rows {
		name, x := row.Subject+", "+row.Of.Name, row.X
		if r.Series != "" {
			if row.Of != r.Rows[0].Of {
				continue
			}
			name, x = row.Subject, r.At
		}
		if row.Median > 0 && x > 0 { // the axes are logarithmic
			c.lines[name] = append(c.lines[name], plotter.XY{X: x, Y: row.Median})
		}
	}
}

var notInFileNames = regexp.MustCompile(`[^a-z0-9-]+`)

func (c *chart) save(dir string) error {
	p, err := c.plot()
	if p == nil || err != nil {
		return err
	}
	name := strings.Trim(notInFileNames.ReplaceAllString(c.title, "-"), "-")
	for _, kind := range []string{".svg", ".png"} {
		if err := p.Save(18*vg.Centimeter, 12*vg.Centimeter, filepath.Join(dir, name+kind)); err != nil {
			return err
		}
	}
	return nil
}

// plot is nil if there is nothing to see.
func (c *chart) plot() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.title, c.x
	if p.Y.Label.Text = c.y.Name; c.y.Unit == "ns" {
		p.Y.Label.Text = "time"
	}
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = plot.TickerFunc(c.measured)
	p.Y.Tick.Marker = plot.TickerFunc(c.powers)
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	var lines []any
	for _, name := range sortedKeys(c.lines) {
		points := c.lines[name]
		slices.SortFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
		lines = append(lines, name, points)
	}
	if len(lines) == 0 {
		return nil, nil
	}
	err := plotutil.AddLinePoints(p, lines...)
	p.Y.Min, p.Y.Max = p.Y.Min/1.5, p.Y.Max*2.5 // room for the legend
	return p, err
}

func sortedKeys(m map[string]plotter.XYs) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// measured marks every place at which something was measured.
func (c *chart) measured(_, _ float64) (all []plot.Tick) {
	unit := ""
	if c.x == "bytes" {
		unit = "B"
	}
	seen := map[float64]bool{}
	for _, points := range c.lines {
		for _, p := range points {
			if !seen[p.X] {
				seen[p.X] = true
				all = append(all, plot.Tick{Value: p.X, Label: whole(p.X, unit)})
			}
		}
	}
	return all
}

func whole(v float64, unit string) string {
	if unit == "" {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return bench.Format(v, unit)
}

// powers marks the powers of ten, and two and five of them if there are few.
func (c *chart) powers(low, high float64) (all []plot.Tick) {
	steps := []float64{1}
	if high/low < 200 {
		steps = []float64{1, 2, 5}
	}
	for ten := 1e-3; ten <= high; ten *= 10 {
		for _, step := range steps {
			if v := ten * step; v >= low && v <= high {
				all = append(all, plot.Tick{Value: v, Label: bench.Format(v, c.y.Unit)})
			}
		}
	}
	return all
}
