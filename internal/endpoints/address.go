package endpoints

import (
	"net/netip"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The reasons for leaving an endpoint out.
const (
	reasonNames       = "its slice holds names, not addresses"
	reasonFamily      = "it is of the other address family"
	reasonNoPort      = "its pod does not have the port"
	reasonNoAddress   = "it has no address"
	reasonInvalid     = "its address is not one that a pool member can have"
	reasonEnded       = "its pod has ended"
	reasonNodeGoes    = "its node is being deleted"
	reasonNodeIll     = "its node is not ready"
	reasonCordoned    = "its node is unschedulable"
	reasonExcluded    = "its node has the label node.kubernetes.io/exclude-from-external-load-balancers"
	reasonNotLocal    = "no ready endpoint is on its node, and externalTrafficPolicy is Local"
	reasonNodesFamily = "the Service has no endpoints of its address family"
)

// Valid tells that f is one of the families, or both of them.
func (f Family) Valid() bool { return f == IPv4 || f == IPv6 || f == Dual }

// wants tells that a family is the wanted one.
func (f Family) wants(other Family) bool { return f == Dual || f == other }

func familyOf(ip netip.Addr) Family {
	if ip.Is4() {
		return IPv4
	}
	return IPv6
}

// usable tells that a member can have the address: the device refuses those
// that name no single host (icontrol-rest 6.2, 01020060).
func usable(ip netip.Addr) bool {
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	return ip.IsValid() && ip.Zone() == "" && !ip.Is4In6() &&
		!ip.IsUnspecified() && !ip.IsMulticast() && ip != broadcast
}

// pick returns those of an object's addresses that a family asks for: the first
// one of each family; without a family, the very first one. If there is none, it
// returns the address to name and the reason.
func pick(addresses []string, family Family) (picked []netip.Addr, left, reason string) {
	if len(addresses) == 0 {
		return nil, "", reasonNoAddress
	}
	left, reason = addresses[0], reasonFamily
	seen := map[Family]bool{}
	for _, text := range addresses {
		ip, err := netip.ParseAddr(text)
		switch of := familyOf(ip); {
		case err != nil || !usable(ip):
			left, reason = text, reasonInvalid
		case !seen[of] && (family == "" || family.wants(of)):
			seen[of] = true
			picked = append(picked, ip)
		}
		if family == "" {
			break
		}
	}
	return picked, left, reason
}

func keyOf(ip netip.Addr, port uint16) ltm.MemberKey {
	return ltm.MemberKey{Address: ltm.Address{IP: ip}, Port: port}
}
