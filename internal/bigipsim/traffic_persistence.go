package bigipsim

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// persistence translates a persistence profile (icontrol-rest 3.10); the zero one
// if there is none. The cookie methods rewrite and hash do what insert does; ssl persists
// nothing, because clients of TLS 1.3 have no session ID that stays.
func (t translation) persistence(path string) dataplane.Persistence {
	if path == "" {
		return dataplane.Persistence{}
	}
	for _, kind := range []string{"cookie", "source-addr"} {
		if o := t.state.Objects(t.state.Schema.Type("ltm/persistence/" + kind)).Find(path); o != nil {
			return t.persistenceProfile(o, kind)
		}
	}
	return dataplane.Persistence{}
}

func (t translation) persistenceProfile(o *config.Object, kind string) dataplane.Persistence {
	text := t.profileText(o)
	on := func(field string) bool { return text(field) == "enabled" }
	p := dataplane.Persistence{
		Method: kind, AcrossPools: on("matchAcrossPools"), AcrossServices: on("matchAcrossServices"), AcrossVirtuals: on("matchAcrossVirtuals"),
		OverrideLimit: on("overrideConnectionLimit"), CookieName: text("cookieName"), CookiePassive: text("method") == "passive",
		CookieAlways: on("alwaysSend"), CookieAge: cookieAge(text("expiration")), HTTPOnly: on("httponly"), Secure: on("secure"),
		MaskBits: maskBits(text("mask")),
	}
	n, err := strconv.Atoi(cmp.Or(text("timeout"), "180"))
	if err != nil { // "indefinite"
		n = int((365 * 24 * time.Hour).Seconds())
	}
	p.Timeout = time.Duration(n) * time.Second
	return p
}

// cookieAge reads seconds, "m:s", "h:m:s" or "d:h:m:s"; 0 is a session cookie.
func cookieAge(text string) (age time.Duration) {
	parts := strings.Split(text, ":")
	units := []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second}
	if len(parts) > len(units) {
		return 0
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return 0
		}
		age += time.Duration(n) * units[len(units)-len(parts)+i]
	}
	return age
}

// maskBits are the bits of an IPv4 mask; 0 if it is none.
func maskBits(text string) (bits int) {
	mask, err := netip.ParseAddr(text)
	if err != nil || !mask.Is4() {
		return 0
	}
	for _, b := range mask.As4() {
		for ; b&0x80 != 0; b <<= 1 {
			bits++
		}
	}
	return bits
}
