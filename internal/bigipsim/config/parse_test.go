package config

import (
	"math/big"
	"strings"
	"testing"
)

func TestAFieldIsThereInItsReleases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		release, kind, field string
		want                 any // the default; nil if the field is not there
	}{
		{"11.6.0", "net/route-domain", "throughputCapacity", nil},
		{"13.1.0", "net/route-domain", "throughputCapacity", int64(0)},
		{"14.1.2.1", "net/route-domain", "throughputCapacity", "infinite"},
		{"13.0.0", "ltm/monitor/https", "compatibility", "enabled"},
		{"13.0.0", "ltm/profile/client-ssl", "sslC3d", nil},
		{"13.1.0", "ltm/profile/client-ssl", "sslC3d", "disabled"},
		{"13.1.0", "ltm/profile/udp", "sendBufferSize", nil},
		{"14.1.2.1", "ltm/profile/udp", "sendBufferSize", int64(655350)},
	} {
		version, err := ParseVersion(tt.release)
		if err != nil {
			t.Fatal(err)
		}
		schema, err := NewSchema(version)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if f := schema.Type(tt.kind).Field(tt.field); f != nil {
			got = f.Default
		}
		if got != tt.want {
			t.Errorf("%s %s %s: %v, want %v", tt.release, tt.kind, tt.field, got, tt.want)
		}
	}
}

func TestAReleaseThatIsNoneIsToldWithItsField(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"x int since=soon = 1", "x int until=14"} {
		if _, _, err := parseField(line); err == nil || !strings.HasPrefix(err.Error(), "x: ") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestALongSerialNumberIsWrittenAsBytes(t *testing.T) {
	t.Parallel()
	for hex, want := range map[string]string{"1261e301": "308404993", "7fffffffffffffff": "9223372036854775807", "87ae02f918f94a11": "87:ae:02:f9:18:f9:4a:11"} {
		n, ok := new(big.Int).SetString(hex, 16)
		if got := serialNumber(n); !ok || got != want {
			t.Errorf("%s: %s, want %s", hex, got, want)
		}
	}
}
