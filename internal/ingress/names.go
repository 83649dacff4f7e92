package ingress

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// maxName is the length of a name on a BIG-IP.
const maxName = 255

// digest is a short name for a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// join makes a name of parts: "shop_api_http". Names of Kubernetes have no "_", so
// that other parts make another name; where one has (the name of a cluster), and
// where the name is too long, a digest tells them apart.
func join(parts ...string) string {
	text := strings.Join(parts, "_")
	if strings.Count(text, "_") == len(parts)-1 {
		return shorten(text)
	}
	return shorten(text + "_" + digest(strings.Join(parts, "/")))
}

// shorten cuts a name that is too long, and keeps it unique.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	hash := digest(name)
	return name[:maxName-len(hash)-1] + "_" + hash
}

// place is the parts that name an object of a cluster.
func place(cluster, namespace, name string) []string {
	if cluster == "" {
		return []string{namespace, name}
	}
	return []string{cluster, namespace, name}
}

func (o Options) path(name string) ltm.Path {
	return ltm.Path{Partition: o.Partition, Folder: o.Folder, Name: name}
}

// serverName is "203.0.113.10_443", "2001.db8..1_443", or "shop_443".
func (o Options) serverName(port uint16) string {
	base := o.Name
	if base == "" {
		base = strings.NewReplacer(":", ".", "%", "_rd").Replace(o.Address.String())
	}
	return shorten(base + "_" + strconv.Itoa(int(port)))
}

// backendName is "shop_api_http", with what sets the members apart behind it.
func backendName(ref endpoints.Ref) string {
	parts := append(place(ref.Cluster, ref.Namespace, ref.Service), ref.Port)
	if ref.NodePort {
		parts = append(parts, "node")
	}
	if ref.Family != "" {
		parts = append(parts, strings.ToLower(string(ref.Family)))
	}
	if ref.RouteDomain != 0 {
		parts = append(parts, "rd"+strconv.Itoa(int(ref.RouteDomain)))
	}
	return join(parts...)
}

// splitName is the name of a pool with several backends: "shop_web.canary" where the
// rule has a name, else with a digest of which backends they are. It does not depend
// on the weights, nor on the place of the rule. No other pool's name has two parts.
func splitName(r Route) string {
	suffix := r.RuleName
	if suffix == "" {
		text := r.Source.String()
		for _, b := range r.Backends {
			text += " " + backendName(b.Ref)
		}
		suffix = digest(text)
	}
	parts := place(r.Source.Cluster, r.Source.Namespace, r.Source.Name+"."+suffix)
	return join(parts...)
}

// ruleName is unique in a policy: "ingress_shop_web_0.1.0". What comes by a Gateway has
// that one's name too. For the clients of some networks it ends with "allowed"; the rule for all
// others has the name without.
func ruleName(m binding.RouteMark, second, allowed bool) string {
	p := m.Position
	at := strconv.Itoa(p.Rule) + "." + strconv.Itoa(p.Match) + "." + strconv.Itoa(p.Host)
	if m.Class == binding.ClassFallback {
		at = string(m.Class)
	}
	parts := append([]string{m.Source.Kind}, place(m.Source.Cluster, m.Source.Namespace, m.Source.Name)...)
	parts = append(parts, at)
	if m.Owner != m.Source {
		parts = append(parts, m.Owner.Namespace, m.Owner.Name)
	}
	if second {
		parts = append(parts, "below")
	}
	if allowed {
		parts = append(parts, "allowed")
	}
	return join(parts...)
}

// clientSSLName is "203.0.113.10_443_ingress_shop_web_shop.example.com". A wildcard is
// written without its star, which is one in tmsh too.
func clientSSLName(server string, owner binding.Object, host string) string {
	parts := append([]string{owner.Kind}, place(owner.Cluster, owner.Namespace, owner.Name)...)
	if host != "" {
		parts = append(parts, strings.TrimPrefix(host, "*"))
	}
	return shorten(server + "_" + join(parts...))
}
