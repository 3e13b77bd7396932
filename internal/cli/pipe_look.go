package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/winsys-go/ipc"
)

// pipes lists what pipes there are, as objects lists the objects.
func (a *app) pipes() ([]ipc.PipeInfo, error) {
	if a.dir != "" {
		n, err := a.namespace(toUse)
		if err != nil {
			return nil, err
		}
		return pipesOf(n)
	}
	n, err := ipc.DefaultNamespace()
	if err != nil {
		return nil, err
	}
	list, err := pipesOf(n)
	if err != nil {
		return nil, err
	}
	shared, err := ipc.GlobalNamespace()
	if err != nil {
		return list, nil // there is none for this user
	}
	more, err := pipesOf(shared)
	for _, p := range more {
		p.Name = globalPrefix + p.Name
		list = append(list, p)
	}
	return list, err
}

// pipesOf lists the pipes of a namespace: none where the system does not have
// them.
func pipesOf(n *ipc.Namespace) ([]ipc.PipeInfo, error) {
	list, err := n.Pipes()
	if errors.Is(err, ipc.ErrUnsupported) {
		err = nil
	}
	return list, err
}

// A shownPipe is a pipe in JSON.
type shownPipe struct {
	Type         string       `json:"type"`
	Name         string       `json:"name"`
	Messages     bool         `json:"messages,omitempty"`
	Direction    string       `json:"direction"`
	Server       shownProcess `json:"server"`
	MaxInstances int          `json:"max_instances,omitempty"`
	Clients      *int         `json:"clients,omitempty"` // missing when it is not known
	Path         string       `json:"path,omitempty"`
}

func describePipe(p *ipc.PipeInfo, stopped stops) shownPipe {
	s := shownPipe{
		Type: "pipe", Name: p.Name, Messages: p.MessageMode, Direction: direction(p),
		Server: stopped.shown(serverOf(p)), MaxInstances: p.MaxInstances, Path: p.Path,
	}
	if p.Clients >= 0 {
		s.Clients = &p.Clients
	}
	return s
}

func direction(p *ipc.PipeInfo) string {
	switch p.Direction {
	case ipc.PipeInbound:
		return "inbound"
	case ipc.PipeOutbound:
		return "outbound"
	default:
		return "duplex"
	}
}

// pipeRow is a pipe in the table of ls.
func pipeRow(p *ipc.PipeInfo, stopped stops) []string {
	state := "served"
	if p.Clients >= 0 {
		state = fmt.Sprintf("%d/%d clients", p.Clients, p.MaxInstances)
	}
	return []string{printable(p.Name), "pipe", state, stopped.name(serverOf(p)), "-", "-"}
}

// showPipe prints everything about a pipe.
func (a *app) showPipe(name string) error {
	p, err := a.findPipe(name)
	switch {
	case err != nil && !errors.Is(err, errNoNamespace):
		return err
	case p == nil:
		return a.noPipe(ipc.ErrNotExist, name, false)
	case a.json:
		return a.printJSON(describePipe(p, stops{}))
	}
	return pipeDetails(a.out, p)
}

// findPipe looks a pipe up by its name, without connecting to it; nil if it is not
// listed.
func (a *app) findPipe(name string) (*ipc.PipeInfo, error) {
	list, err := a.pipes()
	want := pipeBase(name)
	i := slices.IndexFunc(list, func(p ipc.PipeInfo) bool { return strings.EqualFold(p.Name, want) })
	if i < 0 {
		return nil, err
	}
	return &list[i], nil
}

func pipeDetails(out io.Writer, p *ipc.PipeInfo) error {
	fmt.Fprintf(out, "pipe:%s\n", printable(p.Name))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	mode, ways, most, clients := "bytes", "both ways", "any number", ""
	if p.MessageMode {
		mode = "messages"
	}
	switch p.Direction {
	case ipc.PipeInbound:
		ways = "from clients to the server"
	case ipc.PipeOutbound:
		ways = "from the server to clients"
	}
	untold := "who the clients are"
	if p.MaxInstances > 0 {
		most = strconv.Itoa(p.MaxInstances)
	}
	if p.Clients >= 0 {
		clients = strconv.Itoa(p.Clients)
	} else {
		untold = "how many clients there are, and who"
	}
	for _, line := range [][2]string{
		{"mode", mode}, {"direction", ways}, {"server", stops{}.name(serverOf(p))}, {"instances", most},
		{"clients", clients}, {"socket", p.Path}, {"not told", untold},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", line[0], visible(line[1]))
		}
	}
	return w.Flush()
}

// pipeBase is the name of a pipe as lists have it.
func pipeBase(name string) string {
	for _, prefix := range []string{`\\.\pipe\`, `Local\`} {
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			name = name[len(prefix):]
		}
	}
	return name
}

// pipeNames lists the names of pipes.
func (a *app) pipeNames() (names []string) {
	list, _ := a.pipes()
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}
