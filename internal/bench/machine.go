package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// A Machine is where figures were measured.
type Machine struct {
	System     string `json:"system"`
	Go         string `json:"go"`
	Processor  string `json:"processor,omitempty"`
	Processors int    `json:"processors"`
	// Load is how many programs wanted a processor when the run began: what is
	// above 0 disturbed it.
	Load string `json:"load,omitempty"`
}

// ThisMachine describes the machine.
func ThisMachine() Machine {
	m := Machine{System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Processors: runtime.NumCPU()}
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.Processor = strings.TrimSpace(value)
			break
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	m.Load, _, _ = strings.Cut(string(load), " ")
	return m
}

func (m Machine) String() string {
	text := fmt.Sprintf("%s, %s, %d processors", m.System, m.Go, m.Processors)
	if m.Processor != "" {
		text += " (" + m.Processor + ")"
	}
	if m.Load != "" {
		text += ", load before the run " + m.Load
	}
	return text
}

// A Report is one run, as JSON.
type Report struct {
	Machine Machine  `json:"machine"`
	Results []Result `json:"results"`
}
