package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A build says what this program was built from.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// version is what the toolchain has recorded.
func version() build {
	b := build{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:               "version",
		Short:             "Print the version",
		Example:           "  ipc version --json",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	a.jsonFlag(c)
	return a.leaf(c, func(context.Context, []string) error {
		b := version()
		return a.say(b, fmt.Sprintf("ipc %s %s %s/%s", b.Version, b.Go, b.OS, b.Arch))
	})
}
