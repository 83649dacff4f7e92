package dataplane

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestCookieValueEncodesAddressesAsTheDevice(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"10.1.1.100:8080":     "1677787402.36895.0000",
		"192.0.2.1%5:80":      "rd5o00000000000000000000ffffc0000201o80",
		"192.0.2.1%0:80":      "16908480.20480.0000",
		"[2001:112::30]:80":   "vi20010112000000000000000000000030.20480",
		"[2001:112::30%5]:80": "rd5o20010112000000000000000000000030o80",
		"no address":          "no address",
		"name:80":             "name:80",
	} {
		if got := cookieValue(address); got != want {
			t.Errorf("cookieValue(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestCookieIsNamedAfterThePool(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ configured, pool, want string }{
		{"", "/Common/web", "BIGipServerweb"},
		{"", "/Common/app/web", "BIGipServer~Common~app~web"},
		{"", "/shop/web", "BIGipServer~shop~web"},
		{"stick", "/shop/web", "stick"},
	} {
		if got := cookieName(test.configured, test.pool); got != test.want {
			t.Errorf("cookieName(%q, %q) = %q, want %q", test.configured, test.pool, got, test.want)
		}
	}
}

func TestSourceRecordsLastUntilTheyExpire(t *testing.T) {
	t.Parallel()
	var records sourceRecords
	client, start := netip.MustParseAddr("127.0.0.7"), time.Unix(1000, 0)
	records.store(client, sourceRecord{pool: "/p", member: "a", expires: start.Add(time.Minute)}, start)
	for _, test := range []struct {
		name   string
		client netip.Addr
		after  time.Duration
		want   string
	}{
		{"the same client comes back", client, 59 * time.Second, "a"},
		{"the record has expired", client, time.Minute, ""},
		{"another client", client.Next(), 0, ""},
	} {
		if got := records.find(test.client, start.Add(test.after)).member; got != test.want {
			t.Errorf("%s: found %q, want %q", test.name, got, test.want)
		}
	}
}

func TestExpiredSourceRecordsAreSweptOut(t *testing.T) {
	t.Parallel()
	var records sourceRecords
	now := time.Unix(1000, 0)
	for i := range 10 * minSweep {
		now = now.Add(time.Second)
		client := netip.MustParseAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
		records.store(client, sourceRecord{pool: "/p", member: "a", expires: now.Add(10 * time.Second)}, now)
	}
	if len(records.records) > minSweep {
		t.Errorf("%d records are kept, of which at most 10 live", len(records.records))
	}
}
