package page

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// lastChanges are the changes that the tree names.
const lastChanges = 10

// node is a line of the tree, and those below it.
type node struct {
	text  string
	below []node
}

// Print prints s as a tree, for a terminal.
func Print(out io.Writer, s *Status) error {
	var b strings.Builder
	for _, line := range s.health() {
		b.WriteString(line + "\n")
	}
	placed := map[string]bool{}
	for _, v := range s.VirtualServers {
		b.WriteString("\n")
		v.node(s, placed).print(&b, "", "")
	}
	for _, path := range s.unserved() {
		b.WriteString("\n")
		s.pool(path).node(s).print(&b, "", "")
	}
	if len(s.Changes) > 0 {
		b.WriteString("\nlast changes\n")
		for _, c := range s.Changes[:min(len(s.Changes), lastChanges)] {
			fmt.Fprintf(&b, "%s  %s  %s\n", clock(c.Time, s.Time), c.Pool, c.sentence())
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (n node) print(b *strings.Builder, first, rest string) {
	b.WriteString(first + n.text + "\n")
	for i, child := range n.below {
		if i == len(n.below)-1 {
			child.print(b, rest+"└─ ", rest+"   ")
		} else {
			child.print(b, rest+"├─ ", rest+"│  ")
		}
	}
}

func (s *Status) health() []string {
	device := "device " + s.Device.Name + ": "
	switch {
	case s.Device.Problem != "":
		device += s.Device.Problem
	case s.Device.Answered == nil:
		device += "not asked yet"
	default:
		device += "answers"
	}
	lines := []string{device}
	for _, text := range s.Device.Unread {
		lines = append(lines, "unknown: "+text)
	}
	for _, c := range s.Clusters {
		state := "is heard"
		switch {
		case c.Problem != "" && c.Since != nil:
			state = "is not heard since " + clock(*c.Since, s.Time) + ": " + c.Problem
		case c.Answered == nil:
			state = "has not been heard yet"
		}
		lines = append(lines, clusterName(c.Name)+" "+state)
	}
	for _, p := range s.Partitions {
		if !p.Followed {
			lines = append(lines, "partition "+p.Name+" is followed by another replica")
		}
	}
	return lines
}

func (v VirtualServer) node(s *Status, placed map[string]bool) node {
	state := "disabled"
	switch {
	case v.Enabled && v.Up == nil:
		state = "enabled"
	case v.Enabled && *v.Up:
		state = "up"
	case v.Enabled:
		state = "nobody serves it"
	}
	n := node{text: fmt.Sprintf("%s  %s  %s  %s", v.Path, v.Destination, state, v.text())}
	for _, name := range names(v.Hosts) {
		n.below = append(n.below, node{text: name.Name + " → " + strings.Join(name.Pools, ", ")})
	}
	for _, path := range v.Pools {
		p := s.pool(path)
		switch {
		case p == nil:
			n.below = append(n.below, node{text: path + "  not bound to Kubernetes"})
		case placed[path]:
			n.below = append(n.below, node{text: path + "  see above"})
		default:
			placed[path] = true
			n.below = append(n.below, p.node(s))
		}
	}
	return n
}

func (p Pool) node(s *Status) node {
	text := p.Path
	for _, c := range p.Counts() {
		text += fmt.Sprintf("  %d %s", c.N, c.State)
	}
	n := node{text: text + "  " + p.text()}
	if p.Problem != "" {
		n.below = append(n.below, node{text: "problem: " + p.Problem})
	}
	rows := [][]string{}
	for _, m := range p.Members {
		rows = append(rows, []string{m.Address, string(m.State), m.where(), number(m.CurrentConnections) + " open"})
	}
	align(rows)
	of := map[string][]node{}
	for i, m := range p.Members {
		member := node{text: strings.Join(rows[i], "  ") + "  " + m.Why}
		if m.Drain != nil {
			member.below = append(member.below, node{text: "waits for " + m.Drain.waits(s.Time)})
		}
		if m.Held != nil {
			member.below = append(member.below, node{text: "held: " + m.Held.Reason + ", " + m.Held.until(s.Time)})
		}
		of[m.Backend] = append(of[m.Backend], member)
	}
	for _, b := range p.Backends {
		n.below = append(n.below, node{
			text:  fmt.Sprintf("%s (%s)  asked %s, measured %s", b.Name, b.Of, b.AskedText(), percent(b.Measured)),
			below: of[b.Name],
		})
		delete(of, b.Name)
	}
	for _, m := range p.Members { // in order: those of no backend that it is bound to
		n.below = append(n.below, of[m.Backend]...)
		delete(of, m.Backend)
	}
	for _, left := range p.LeftOut {
		n.below = append(n.below, node{text: fmt.Sprintf("left out: %s of %s, as %s", left.Name, left.Backend, left.Why)})
	}
	return n
}

// where is the pod of a member, and its place.
func (m Member) where() string {
	text := m.Pod
	if m.Node != "" {
		text += " on " + m.Node
	}
	if m.Zone != "" {
		text += " in " + m.Zone
	}
	return strings.TrimSpace(text)
}

func (c Counters) text() string {
	return fmt.Sprintf("%s open, %s requests", number(c.CurrentConnections), rate(c.RequestsPerSecond))
}

// align makes the columns of rows as wide as their widest text.
func align(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	for column := range rows[0] {
		widest := slices.MaxFunc(rows, func(a, b []string) int { return len([]rune(a[column])) - len([]rune(b[column])) })
		width := len([]rune(widest[column]))
		for _, row := range rows {
			row[column] += strings.Repeat(" ", width-len([]rune(row[column])))
		}
	}
}
