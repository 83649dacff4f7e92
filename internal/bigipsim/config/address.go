package config

import (
	"net/netip"
	"strconv"
	"strings"
)

// services are the port names that clients and old releases use (icontrol-rest 4.1).
var services = map[string]int{
	"any": 0, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "http": 80, "pop3": 110, "imap": 143,
	"snmp": 161, "ldap": 389, "https": 443, "syslog": 514, "ldaps": 636, "imaps": 993, "pop3s": 995, "sip": 5060,
	"webcache": 8080,
}

// SplitMemberName parts a member's name, or a destination without its folder,
// into node and port: "10.0.0.1:80", "2001:db8::1.80", "10.0.0.1%2:http",
// "web-1:443" (icontrol-rest 4.1).
func SplitMemberName(name string) (node string, port int, ok bool) {
	separator := ":"
	if strings.Count(name, ":") > 1 || strings.HasPrefix(name, "any6.") {
		separator = "."
	}
	i := strings.LastIndex(name, separator)
	if i <= 0 {
		return "", 0, false
	}
	node = name[:i]
	port, ok = parsePort(name[i+1:])
	if _, isAddress := canonicalAddress(node, 0); separator == "." && !isAddress {
		return "", 0, false
	}
	return node, port, ok
}

// MemberName is the reverse of SplitMemberName.
func MemberName(node string, port int) string {
	if strings.Contains(node, ":") || node == "any6" {
		return node + "." + strconv.Itoa(port)
	}
	return node + ":" + strconv.Itoa(port)
}

func parsePort(text string) (int, bool) {
	if port, ok := services[text]; ok {
		return port, true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return int(port), err == nil
}

// spaced is how mcpd's messages write a member: "/P/10.0.0.1 80".
func spaced(path string) string {
	node, port, ok := SplitMemberName(Name(path))
	if !ok {
		return path
	}
	return Join(Folder(path), node) + " " + strconv.Itoa(port)
}

// canonicalAddress is an IP address with its route domain as the device prints
// it; the partition's route domain is added where none is given. false: not an
// address.
func canonicalAddress(text string, defaultRouteDomain int64) (string, bool) {
	host, domain, hasDomain := strings.Cut(text, "%")
	switch host {
	case "any":
		host = "0.0.0.0"
	case "any6":
		host = "::"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "", false
	}
	id := defaultRouteDomain
	if hasDomain {
		n, err := strconv.ParseUint(domain, 10, 16)
		if err != nil || n > 65534 {
			return "", false
		}
		id = int64(n)
	}
	if id == 0 {
		return ip.String(), true
	}
	return ip.String() + "%" + strconv.FormatInt(id, 10), true
}

// checkAddress refuses addresses that no host can have.
func checkAddress(address string) error {
	host, _, _ := strings.Cut(address, "%")
	if host == "255.255.255.255" {
		return badRequest("01020060:3: IP Address %s is invalid, must not be all ones.", host)
	}
	return nil
}
