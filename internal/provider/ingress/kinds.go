package ingress

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// kind is a kind of object that can be served.
type kind struct {
	name      string // as marks, ids and identities write it
	attribute string
	of        func(*model) *types.Object
}

// kinds are all of them.
var kinds = []kind{
	{routes.KindIngress, "ingress", func(m *model) *types.Object { return &m.Ingress }},
	{routes.KindHTTPRoute, "http_route", func(m *model) *types.Object { return &m.HTTPRoute }},
	{routes.KindTLSRoute, "tls_route", func(m *model) *types.Object { return &m.TLSRoute }},
	{routes.KindGateway, "gateway", func(m *model) *types.Object { return &m.Gateway }},
}

// kindOf finds a kind by its name.
func kindOf(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// kindNames are those of all kinds: "ingress, httproute, tlsroute or gateway".
func kindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
