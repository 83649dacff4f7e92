package reconciler

import (
	"fmt"
	"io"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Explanation is what "reconcile explain" prints of a pool. The names are a contract.
type Explanation struct {
	Pool     ltm.Path           `json:"pool"`
	Device   string             `json:"device"`
	Retired  bool               `json:"retired"` // it is to be deleted once no virtual server uses it
	Backends []ExplainedBackend `json:"backends"`
	Members  []ExplainedMember  `json:"members"` // sorted by key
	LeftOut  []ExplainedLeftOut `json:"left_out"`
}

// ExplainedBackend is a backend that the pool is bound to.
type ExplainedBackend struct {
	Name  string `json:"name"`
	Of    string `json:"of"` // as endpoints.Ref prints it: "shop/web:http"
	Share int    `json:"share"`
}

// ExplainedMember is a member of the pool, or one that is to be.
type ExplainedMember struct {
	Member   ltm.MemberKey      `json:"member"`
	Backend  string             `json:"backend,omitempty"` // "" of a member that is not ours
	Owner    Owner              `json:"owner"`
	Endpoint *ExplainedEndpoint `json:"endpoint"`  // null: there is none
	Asked    *ExplainedSetting  `json:"asked"`     // null: of the helper's own, that it goes; else nothing
	OnDevice *ExplainedStatus   `json:"on_device"` // null: it is not there
	Held     follow.Reason      `json:"held,omitempty"`
	Why      string             `json:"why"`
}

// ExplainedOrigin is where in Kubernetes an endpoint is; "" is not told, or none.
type ExplainedOrigin struct {
	Slice      string                `json:"slice,omitempty"`
	Conditions []endpoints.Condition `json:"conditions,omitempty"`
	Pod        string                `json:"pod,omitempty"`
	Node       string                `json:"node,omitempty"`
}

// ExplainedEndpoint is an endpoint of a backend.
type ExplainedEndpoint struct {
	State endpoints.State `json:"state"`
	ExplainedOrigin
	Zone string `json:"zone,omitempty"`
}

// ExplainedSetting is what a member has, or must have.
type ExplainedSetting struct {
	Session ltm.Session `json:"session"`
	Ratio   int         `json:"ratio"`
}

// ExplainedStatus is what is on the device.
type ExplainedStatus struct {
	ExplainedSetting
	Health      ltm.Health `json:"health"`
	Reason      string     `json:"reason,omitempty"` // the device's words
	Connections int64      `json:"connections"`      // open ones, on this device only
}

// ExplainedLeftOut is what should have been an endpoint, and is none.
type ExplainedLeftOut struct {
	Address string `json:"address,omitempty"` // as Kubernetes has it, "" if it has none
	Backend string `json:"backend"`
	ExplainedOrigin
	Why string `json:"why"`
}

func (e Explanation) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "pool %s on %s\n", e.Pool, e.Device)
	if e.Retired {
		line(&b, "retired", "it is to be deleted once no virtual server uses it")
	}
	for _, backend := range e.Backends {
		line(&b, "bound to", fmt.Sprintf("%s (%s), share %d", backend.Name, backend.Of, backend.Share))
	}
	for _, m := range e.Members {
		fmt.Fprintf(&b, "\nmember %s\n", m.Member)
		if m.Backend != "" {
			line(&b, "backend", m.Backend)
		}
		if m.Endpoint != nil {
			line(&b, "endpoint", string(m.Endpoint.State))
			m.Endpoint.print(&b)
		}
		line(&b, "asked", m.asked())
		line(&b, "on device", m.onDevice())
		line(&b, "why", m.Why)
	}
	for _, left := range e.LeftOut {
		fmt.Fprintf(&b, "\nleft out %s\n", left.name())
		line(&b, "backend", left.Backend)
		left.print(&b)
		line(&b, "why", left.Why)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (o ExplainedOrigin) print(b *strings.Builder) {
	var conditions []string
	for _, c := range o.Conditions {
		conditions = append(conditions, c.Name+"="+c.Status)
	}
	line(b, "slice", o.Slice)
	line(b, "conditions", strings.Join(conditions, " "))
	line(b, "pod", o.Pod)
	line(b, "node", o.Node)
}

// line is left out if there is nothing to tell.
func line(b *strings.Builder, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "  %-11s %s\n", label, text)
	}
}

func (m ExplainedMember) asked() string {
	switch {
	case m.Asked != nil:
		return m.Asked.String()
	case m.Owner == ownerHelper:
		return "not to be there"
	}
	return "nothing: it is left alone"
}

func (m ExplainedMember) onDevice() string {
	if m.OnDevice == nil {
		return "not there"
	}
	text := fmt.Sprintf("%s, %s, %s", m.OnDevice.ExplainedSetting, m.OnDevice.Health, counted(int(m.OnDevice.Connections), "connection"))
	if m.OnDevice.Reason != "" {
		text += fmt.Sprintf(" (%s)", m.OnDevice.Reason)
	}
	return text
}

// String is "enabled, ratio 90".
func (s ExplainedSetting) String() string { return fmt.Sprintf("%s, ratio %d", s.Session, s.Ratio) }

// name is the best there is to call it by.
func (l ExplainedLeftOut) name() string {
	switch {
	case l.Address != "":
		return l.Address
	case l.Pod != "":
		return "pod " + l.Pod
	case l.Node != "":
		return "node " + l.Node
	}
	return "an endpoint without an address"
}
