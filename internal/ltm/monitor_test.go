package ltm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAMonitorsAliasIsReadInBothSpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"*:*":                {"*:*", "*:*"},
		"*:8080":             {"*:8080", "*:8080"},
		"*:https":            {"*:443", "*:443"},
		"192.0.2.1:*":        {"192.0.2.1:*", "192.0.2.1:*"},
		"192.0.2.1:80":       {"192.0.2.1:80", "192.0.2.1:80"},
		"[2001:DB8::1]:8080": {"[2001:db8::1]:8080", "2001:db8::1.8080"},
		"2001:db8::1.8080":   {"[2001:db8::1]:8080", "2001:db8::1.8080"},
		"2001:db8::1.*":      {"[2001:db8::1]:*", "2001:db8::1.*"},
	} {
		alias, err := ltm.ParseMonitorAlias(text)
		if err != nil || alias.String() != want[0] || alias.DeviceString() != want[1] {
			t.Errorf("%s: %s, %s, %v; want %s", text, alias, alias.DeviceString(), err, want)
		}
		again, err := ltm.ParseMonitorAlias(alias.DeviceString())
		if err != nil || !again.Equal(alias) {
			t.Errorf("%s is read as %s from the device, %v", text, again, err)
		}
	}
	for _, text := range []string{"", "*", "here:80", "192.0.2.1", "192.0.2.1:0", "192.0.2.1:x", "*:70000", "fe80::1%eth0.80"} {
		if alias, err := ltm.ParseMonitorAlias(text); err == nil {
			t.Errorf("%q is read as %s", text, alias)
		}
	}
}

func TestLineEndsAreEscapedOnce(t *testing.T) {
	t.Parallel()
	const want = `GET / HTTP/1.1\r\nHost:\tx\r\n\r\n`
	for _, text := range []string{"GET / HTTP/1.1\r\nHost:\tx\r\n\r\n", want} {
		if got := ltm.EscapeLines(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, text := range []string{want, `a\\r\b`, ``} {
		if got := ltm.EscapeLines(ltm.UnescapeLines(text)); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
}

func TestAMonitorSurvivesJSON(t *testing.T) {
	t.Parallel()
	want := ltm.NewMonitor(ltm.MonitorHTTP, ltm.NewPath("shop", "m"))
	want.Destination = ltm.MonitorAlias{Port: 8080}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got ltm.Monitor
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestASecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := ltm.Secret("swordfish")
	text, err := json.Marshal(map[string]any{"password": secret})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%s %v %+v %#v %q %s", secret, secret, &secret, secret, secret, text)
	if strings.Contains(all, "swordfish") {
		t.Error(all)
	}
	if secret.Reveal() != "swordfish" {
		t.Error("the request does not get it")
	}
}
