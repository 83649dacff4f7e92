package ltm

import (
	"cmp"
	"fmt"
	"strings"
)

// Destination is where a virtual server listens: an address and a port in a
// partition. Its canonical text is the device's: "/shop/203.0.113.10:443",
// "/shop/2001:db8::1.443", "/shop/10.0.0.1%2:80". Port 0 is any port.
// Destinations are comparable.
type Destination struct {
	Partition string
	Folder    string // as in Path
	Address   Address
	Port      uint16
}

// ParseDestination reads a destination with or without a partition (then it is
// in partition), IPv6 with brackets or with the device's dot, "any" and "any6"
// as address, "any" as port. A name of a service ("https") is taken for the few
// that old releases print (icontrol-rest 3.4). An empty partition is allowed, and
// the text form then has none: "203.0.113.10:443".
func ParseDestination(partition, text string) (Destination, error) {
	d := Destination{Partition: partition}
	rest := text
	if strings.HasPrefix(text, "/") {
		at := strings.LastIndex(text, "/")
		// The container of a destination is a path without its last element.
		container, err := ParsePath(text[:at] + "/x")
		if err != nil {
			return Destination{}, fmt.Errorf("%q is not a destination: write /Partition/203.0.113.10:443", text)
		}
		d.Partition, d.Folder, rest = container.Partition, container.Folder, text[at+1:]
	}
	var err error
	if d.Address, d.Port, err = splitHostPort(spellOut(rest)); err != nil {
		return Destination{}, err
	}
	return d, nil
}

// serviceNames are the names that TMOS 11 and 12 print instead of numbers.
var serviceNames = map[string]string{
	"http": "80", "https": "443", "ftp": "21", "ssh": "22", "telnet": "23", "smtp": "25",
	"domain": "53", "pop3": "110", "imap": "143", "snmp": "161", "ldap": "389", "ldaps": "636",
}

// spellOut replaces the words for addresses and ports by numbers. The address of
// "any6:80" gets brackets, or its colons would run into the port's.
func spellOut(text string) string {
	if rest, ok := strings.CutPrefix(text, "any6"); ok && strings.HasPrefix(rest, ":") {
		text = "[::]" + rest
	} else if ok && strings.IndexAny(rest, ".%") == 0 {
		text = "::" + rest
	} else if rest, ok := strings.CutPrefix(text, "any"); ok && strings.IndexAny(rest, ":%") == 0 {
		text = "0.0.0.0" + rest
	}
	at := strings.LastIndexAny(text, ":.")
	if at < 0 {
		return text
	}
	if number, ok := serviceNames[text[at+1:]]; ok {
		return text[:at+1] + number
	}
	return text
}

// IsZero tells that d names nothing.
func (d Destination) IsZero() bool { return d == Destination{} }

// String returns the device's canonical form; "" for the zero Destination.
func (d Destination) String() string {
	if d.IsZero() {
		return ""
	}
	if d.Partition == "" {
		return deviceHostPort(d.Address, d.Port)
	}
	container := "/" + d.Partition + "/"
	if d.Folder != "" {
		container += d.Folder + "/"
	}
	return container + deviceHostPort(d.Address, d.Port)
}

// HostPort returns address and port alone, in the form of a MemberKey.
func (d Destination) HostPort() string { return joinHostPort(d.Address, d.Port) }

// Compare orders by partition, folder, address and port.
func (d Destination) Compare(other Destination) int {
	return cmp.Or(cmp.Compare(d.Partition, other.Partition), cmp.Compare(d.Folder, other.Folder),
		d.Address.Compare(other.Address), cmp.Compare(d.Port, other.Port))
}

// MarshalText makes a Destination readable in JSON.
func (d Destination) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (d *Destination) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Destination{}
		return nil
	}
	parsed, err := ParseDestination("", string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
