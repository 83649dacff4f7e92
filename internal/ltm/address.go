package ltm

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Address is an IP address in a route domain. Route domain 0 is the device's
// first one and is not printed: the device shows 10.0.0.1 for 10.0.0.1%0.
// Addresses are comparable. The zero Address is invalid.
type Address struct {
	IP          netip.Addr // never has a zone, never IPv4 mapped in IPv6
	RouteDomain uint16     // 0 to 65534 (icontrol-rest 3.14)
}

// MaxRouteDomain is the highest number of a route domain (icontrol-rest 3.14).
const MaxRouteDomain = 65534

// ParseAddress reads "10.0.0.1", "2001:db8::1", each with an optional "%2".
func ParseAddress(text string) (Address, error) {
	host, domain, has := strings.Cut(text, "%")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return Address{}, fmt.Errorf("%q is not an IP address", text)
	}
	address := Address{IP: ip.Unmap()}
	if has {
		id, err := strconv.ParseUint(domain, 10, 16)
		if err != nil || id > MaxRouteDomain || strconv.FormatUint(id, 10) != domain {
			return Address{}, fmt.Errorf("%q: the route domain after %% must be a number from 0 to 65534", text)
		}
		address.RouteDomain = uint16(id)
	}
	return address, nil
}

// IsValid tells that a is not the zero Address.
func (a Address) IsValid() bool { return a.IP.IsValid() }

// Is6 tells that a is an IPv6 address.
func (a Address) Is6() bool { return a.IP.Is6() }

// String returns the device's form, "10.0.0.1%2"; "" for the zero Address.
func (a Address) String() string {
	switch {
	case !a.IsValid():
		return ""
	case a.RouteDomain == 0:
		return a.IP.String()
	default:
		return a.IP.String() + "%" + strconv.Itoa(int(a.RouteDomain))
	}
}

// Compare orders by route domain, then by address.
func (a Address) Compare(other Address) int {
	return cmp.Or(cmp.Compare(a.RouteDomain, other.RouteDomain), a.IP.Compare(other.IP))
}

// MemberKey is what a pool member is known by: its address and port. It is the
// key of every map of members, in state files too, so its text form is fixed:
// "10.0.0.1:8080", "[2001:db8::1]:8080", with a route domain "10.0.0.1%2:8080"
// and "[2001:db8::1%2]:8080". Keys are comparable.
type MemberKey struct {
	Address Address
	Port    uint16 // 1 to 65535; 0 means any port
}

// ParseMemberKey reads the text form, and the device's own for IPv6
// ("2001:db8::1.8080", icontrol-rest 4.1).
func ParseMemberKey(text string) (MemberKey, error) {
	address, port, err := splitHostPort(text)
	if err != nil {
		return MemberKey{}, err
	}
	return MemberKey{Address: address, Port: port}, nil
}

// String returns the canonical text form.
func (k MemberKey) String() string {
	if !k.Address.IsValid() {
		return ""
	}
	return joinHostPort(k.Address, k.Port)
}

// Name is the name that the device gives the member of this key when no named
// node is involved: "10.0.0.1:8080", for IPv6 with a dot: "2001:db8::1.8080".
func (k MemberKey) Name() string { return deviceHostPort(k.Address, k.Port) }

// Compare orders by address, then by port.
func (k MemberKey) Compare(other MemberKey) int {
	return cmp.Or(k.Address.Compare(other.Address), cmp.Compare(k.Port, other.Port))
}

// MarshalText makes MemberKey usable as the key of a JSON object.
func (k MemberKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (k *MemberKey) UnmarshalText(text []byte) error {
	parsed, err := ParseMemberKey(string(text))
	if err == nil {
		*k = parsed
	}
	return err
}

// splitHostPort reads "host:port", "[host]:port" and the device's IPv6 form
// "host.port". Ports are numbers, or "any" (0).
func splitHostPort(text string) (Address, uint16, error) {
	host, port, err := cutHostPort(text)
	if err != nil {
		return Address{}, 0, err
	}
	address, err := ParseAddress(host)
	if err != nil {
		return Address{}, 0, fmt.Errorf("%q: %w", text, err)
	}
	number, err := parsePort(port)
	if err != nil {
		return Address{}, 0, fmt.Errorf("%q: %w", text, err)
	}
	return address, number, nil
}

func cutHostPort(text string) (host, port string, err error) {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		host, port, ok = strings.Cut(rest, "]:")
		if !ok || !strings.Contains(host, ":") {
			return "", "", fmt.Errorf("%q is not an address and a port: write [2001:db8::1]:8080 for IPv6", text)
		}
		return host, port, nil
	}
	separator := ":"
	if strings.Count(text, ":") > 1 { // the device's IPv6 form
		separator = "."
	}
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return "", "", fmt.Errorf("%q is not an address and a port: write 192.0.2.1:8080 or [2001:db8::1]:8080", text)
	}
	return text[:at], text[at+1:], nil
}

func parsePort(text string) (uint16, error) {
	if text == "any" {
		return 0, nil
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || strconv.FormatUint(number, 10) != text {
		return 0, fmt.Errorf("the port %q is not a number from 0 to 65535", text)
	}
	return uint16(number), nil
}

func joinHostPort(address Address, port uint16) string {
	host := address.String()
	if address.Is6() {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(port))
}

func deviceHostPort(address Address, port uint16) string {
	if address.Is6() {
		return address.String() + "." + strconv.Itoa(int(port))
	}
	return address.String() + ":" + strconv.Itoa(int(port))
}

// ParseSource reads the source of a virtual server: the network whose clients it
// takes, "198.51.100.0/24" or "10.0.0.0%2/8". The network is returned in canonical
// form, "" for all addresses of a family, and the route domain beside it: it is
// always the destination's, and no property of its own.
func ParseSource(text string) (source string, routeDomain uint16, err error) {
	plain := text
	if at := strings.IndexByte(text, '%'); at >= 0 {
		domain, bits, _ := strings.Cut(text[at+1:], "/")
		number, err := strconv.ParseUint(domain, 10, 16)
		if err != nil {
			return "", 0, fmt.Errorf("%q is not a network: %q is not a route domain", text, domain)
		}
		routeDomain, plain = uint16(number), text[:at]
		if bits != "" {
			plain += "/" + bits
		}
	}
	if plain == "any" || plain == "any6" {
		return "", routeDomain, nil
	}
	network, err := netip.ParsePrefix(plain)
	if err != nil {
		address, addressErr := netip.ParseAddr(plain)
		if addressErr != nil || address.Zone() != "" {
			return "", 0, fmt.Errorf("%q is not a network: write 198.51.100.0/24 or 2001:db8::/32", text)
		}
		network = netip.PrefixFrom(address, address.BitLen())
	}
	if network.Bits() == 0 {
		return "", routeDomain, nil
	}
	return network.Masked().String(), routeDomain, nil
}
