package ingress

import (
	"net/netip"
	"reflect"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Options is what a user decides beyond what the cluster has. The zero value of
// each but Partition and Address is a sensible default.
type Options struct {
	Partition string
	Folder    string      // "" for none
	Address   ltm.Address // where clients come
	// Name begins the names of virtual servers: "shop" makes shop_443. "" is the
	// address. It counts for virtual servers that are not there yet.
	Name string

	HTTPPort, HTTPSPort uint16 // of Ingresses, and of routes without a Gateway; 0 is 80 and 443
	IngressClass        string // the class that an Ingress must have; "" does not ask
	// NoHTTPSRedirect serves what has a certificate on the HTTP port too.
	NoHTTPSRedirect bool
	// Certificates are Secrets beside those that Ingress or Gateway name.
	Certificates []SecretRef
	Fallback     Fallback // what a request gets that nothing matches
	// AllowedSources are the networks of the clients whose requests are forwarded by a
	// route; all others get the status 403. None allows all. Fallback is for all clients.
	AllowedSources []netip.Prefix

	ClientIP  ClientIP
	WAFPolicy ltm.Path // an ASM policy for all that is forwarded; zero = none

	Pool   PoolOptions
	Server ServerOptions

	// Strict says that whoever has a Problem changes nothing. It is for those who call:
	// Translate and Build only hand it on, in the mark of the owner.
	Strict bool
	// Follow leaves virtual servers what they are, beside what routes need. One that is new
	// becomes like the owner's others at the address.
	Follow bool
}

// SecretRef names a Secret and the server name that it is for.
type SecretRef struct {
	Namespace, Name string
	Host            string // "" for every name
}

// PoolOptions are what all pools get.
type PoolOptions struct {
	LoadBalancingMode string // "" is round-robin, ratio-member where backends have weights
	Monitors          ltm.MonitorRule
	// Probes makes monitors of the pods' readinessProbes; Monitors is zero then.
	Probes      bool
	NodePort    bool // the Services' node ports, not their pods
	Family      endpoints.Family
	RouteDomain uint16        // of the members
	Drain       time.Duration // as in binding.Mark
	MinMembers  int
}

// ServerOptions are what the virtual servers get, beside what routes need.
type ServerOptions struct {
	TCPProfile  ltm.Path // zero is /Common/tcp
	HTTPProfile ltm.Path // zero is /Common/http; the parent of the one that adds X-Forwarded-For
	ServerSSL   ltm.Path // re-encrypts towards the pods; zero does not
	ClientSSL   ltm.Path // the parent of all client-ssl profiles; zero is /Common/clientssl
	// Profiles come beside those that are needed: HTTP/2, OneConnect, bot defense,
	// DoS …
	Profiles               []ltm.Profile
	IRules                 []ltm.Path // run after ours
	Persistence            ltm.Path
	FallbackPersistence    ltm.Path
	SNATPool               ltm.Path // instead of automap
	VLANs                  ltm.VLANs
	Source                 string // as in ltm.VirtualServer
	FirewallEnforcedPolicy ltm.Path
	FirewallStagedPolicy   ltm.Path
	SecurityLogProfiles    []string
}

// ClientIP says how a pod learns the client's address.
type ClientIP string

// The ways. The zero value is ForwardedFor.
const (
	ForwardedFor ClientIP = "x-forwarded-for" // from the header; connections come from the device
	Preserve     ClientIP = "preserve"        // from the connection; the pod must route back through the device
	SNAT         ClientIP = "snat"            // not at all
)

// Fallback is the answer for a request that no route matches. The zero value is the
// status 404.
type Fallback struct {
	Reset    bool     // the connection
	Location string   // redirects to an URL
	Pool     ltm.Path // forwards to a pool that somebody else made
}

// Beside is what the options need of a cluster.
func (o Options) Beside() Beside { return Beside{Certificates: o.Certificates, Probes: o.Pool.Probes} }

// Equal compares two options.
func (o Options) Equal(other Options) bool { return reflect.DeepEqual(o, other) }
