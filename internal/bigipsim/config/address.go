package config

import (
	"net/netip"
	"strconv"
	"strings"
)

// services are the port names that clients write and old releases print
// (icontrol-rest 3.4, 4.1), as the device's own list of services has them.
var services = map[string]int{
	"any": 0, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "tftp": 69, "http": 80,
	"kerberos": 88, "pop3": 110, "sunrpc": 111, "ntp": 123, "imap": 143, "snmp": 161, "snmptrap": 162, "bgp": 179,
	"ldap": 389, "https": 443, "microsoft-ds": 445, "smtps": 465, "syslog": 514, "rtsp": 554, "submission": 587,
	"ldaps": 636, "ftps": 990, "imaps": 993, "pop3s": 995, "ms-sql-s": 1433, "radius": 1812, "radius-acct": 1813,
	"mysql": 3306, "ms-wbt-server": 3389, "f5-iquery": 4353, "sip": 5060, "sips": 5061, "postgresql": 5432,
	"webcache": 8080, "pcsync-https": 8443,
}

// serviceNames is services the other way round, without "any": 0 is 0 in all
// recordings.
var serviceNames = func() map[int]string {
	names := make(map[int]string, len(services))
	for name, port := range services {
		if port != 0 {
			names[port] = name
		}
	}
	return names
}()

// Shown is how the device prints a path, or a virtual server's destination: up to
// 11.x with the name of a well-known service for its port (icontrol-rest 4.1).
// Paths themselves always have the number.
func (t *Type) Shown(path string) string {
	if !t.ServiceNames {
		return path
	}
	_, port, ok := SplitMemberName(Name(path))
	name := serviceNames[port]
	if !ok || name == "" {
		return path
	}
	return strings.TrimSuffix(path, strconv.Itoa(port)) + name
}

// Canonical is the path of an object as a client may have written it: a member
// may be named by its service on all releases.
func (t *Type) Canonical(path string) string {
	if t.Object != poolMember {
		return path
	}
	node, port, ok := SplitMemberName(Name(path))
	if !ok {
		return path
	}
	return Join(Folder(path), MemberName(node, port))
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
	if _, isAddress := canonicalAddress(strings.TrimPrefix(node, autoPrefix), 0); separator == "." && !isAddress {
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

// spaced is how mcpd's messages write a member: "/P/10.0.0.1 80", up to 11.x
// "/P/10.0.0.1 http" (icontrol-rest 4.2).
func (t *Type) spaced(path string) string {
	node, port, ok := SplitMemberName(Name(path))
	if !ok {
		return path
	}
	text := strconv.Itoa(port)
	if name := serviceNames[port]; t.ServiceNames && name != "" {
		text = name
	}
	return Join(Folder(path), node) + " " + text
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
