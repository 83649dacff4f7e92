package ltm

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// MonitorType is what a monitor speaks. Each type is a collection of its own on
// the device, but their names are one namespace: a pool refers to a monitor by its
// path alone.
type MonitorType string

// The types of monitors that this project manages (icontrol-rest 3.9).
const (
	MonitorHTTP  MonitorType = "http"
	MonitorHTTPS MonitorType = "https"
	MonitorTCP   MonitorType = "tcp"
)

// MonitorTypes lists them.
func MonitorTypes() []MonitorType { return []MonitorType{MonitorHTTP, MonitorHTTPS, MonitorTCP} }

// Root is the built-in monitor that all others of the type come from.
func (t MonitorType) Root() Path { return NewPath(Common, string(t)) }

// MonitorRef names a monitor. MonitorRefs are comparable.
type MonitorRef struct {
	Type MonitorType `json:"type"`
	Path Path        `json:"path"`
}

// Compare orders by path, then by type.
func (r MonitorRef) Compare(other MonitorRef) int {
	return cmp.Or(r.Path.Compare(other.Path), cmp.Compare(r.Type, other.Type))
}

// Ref names m.
func (m Monitor) Ref() MonitorRef { return MonitorRef{Type: m.Type, Path: m.Path} }

// Monitor probes members. Send and the two receive strings are in the device's
// spelling: a line ends with the four characters `\r\n`.
type Monitor struct {
	Path           Path         `json:"path"`
	Type           MonitorType  `json:"type"`
	DefaultsFrom   Path         `json:"defaults_from"` // what it inherits from; fixed at creation
	Description    string       `json:"description,omitempty"`
	Destination    MonitorAlias `json:"destination"`
	Interval       int          `json:"interval"` // seconds
	Timeout        int          `json:"timeout"`  // seconds
	TimeUntilUp    int          `json:"time_until_up"`
	UpInterval     int          `json:"up_interval"` // seconds; 0 = interval
	Send           string       `json:"send"`
	Receive        string       `json:"receive"`
	ReceiveDisable string       `json:"receive_disable"`
	Reverse        bool         `json:"reverse"`
	Transparent    bool         `json:"transparent"`
	ManualResume   bool         `json:"manual_resume"`
	SSLProfile     Path         `json:"ssl_profile"` // https only
	Username       string       `json:"username"`    // http and https only
}

// DefaultSend is what the built-in http and https monitors send.
const DefaultSend = `GET /\r\n`

// NewMonitor returns the monitor that the device makes of a bare path: it has what
// the built-in monitor of its type has (icontrol-rest 3.9).
func NewMonitor(kind MonitorType, path Path) Monitor {
	m := Monitor{Path: path, Type: kind, DefaultsFrom: kind.Root(), Interval: 5, Timeout: 16}
	if kind != MonitorTCP {
		m.Send = DefaultSend
	}
	return m
}

// EscapeLines brings a send or receive string into the device's spelling: real
// line ends and tabs become the characters `\r`, `\n` and `\t`. What is escaped
// already stays.
func EscapeLines(text string) string {
	return strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(text)
}

// UnescapeLines is the inverse of EscapeLines: what is sent, as a user would write
// it.
func UnescapeLines(text string) string {
	return strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\t`, "\t").Replace(text)
}

// MonitorAlias is where a monitor probes instead of the member's own address and
// port. The zero value is the member itself, "*:*".
type MonitorAlias struct {
	Address netip.Addr // zero = the member's
	Port    uint16     // 0 = the member's
}

// ParseMonitorAlias reads "*:*", "*:8080", "192.0.2.1:8080", "[2001:db8::1]:8080",
// and the device's form for IPv6, "2001:db8::1.8080".
func ParseMonitorAlias(text string) (MonitorAlias, error) {
	host, port := text, ""
	at := strings.LastIndexByte(text, ':')
	if strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "[") {
		at = strings.LastIndexByte(text, '.')
	}
	if at >= 0 {
		host, port = text[:at], text[at+1:]
	}
	var alias MonitorAlias
	if host != "*" {
		var err error
		if alias.Address, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err != nil || alias.Address.Zone() != "" {
			return MonitorAlias{}, fmt.Errorf("%q is not where a monitor can probe: write *:8080, 192.0.2.1:8080 or [2001:db8::1]:8080, with * for what the member has", text)
		}
	}
	if name, known := serviceNames[port]; known {
		port = name
	}
	if port != "*" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return MonitorAlias{}, fmt.Errorf("%q has no port: write a number from 1 to 65535, or * for the member's", text)
		}
		alias.Port = uint16(number)
	}
	return alias, nil
}

// String returns the form in which users write it.
func (a MonitorAlias) String() string {
	host := a.host()
	if a.Address.Is6() {
		host = "[" + host + "]"
	}
	return host + ":" + a.port()
}

// DeviceString returns the form of the device, which sets the port of an IPv6
// address apart with a dot.
func (a MonitorAlias) DeviceString() string {
	if a.Address.Is6() {
		return a.host() + "." + a.port()
	}
	return a.host() + ":" + a.port()
}

func (a MonitorAlias) host() string {
	if !a.Address.IsValid() {
		return "*"
	}
	return a.Address.String()
}

func (a MonitorAlias) port() string {
	return cmp.Or(strings.TrimPrefix(strconv.Itoa(int(a.Port)), "0"), "*")
}

// Equal tells that both are the same place.
func (a MonitorAlias) Equal(other MonitorAlias) bool { return a == other }

// MarshalText makes a MonitorAlias readable in JSON.
func (a MonitorAlias) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (a *MonitorAlias) UnmarshalText(text []byte) error {
	parsed, err := ParseMonitorAlias(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// Secret is a text that prints as "***" wherever it is printed.
type Secret string

// String hides the secret.
func (Secret) String() string { return "***" }

// GoString hides the secret.
func (Secret) GoString() string { return "***" }

// MarshalText hides the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Reveal is the text itself, for the request that must have it.
func (s Secret) Reveal() string { return string(s) }
