package bigipsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// clock is a time that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const credentials = `{"username":"admin","password":"admin","loginProviderName":"tmos"}`

// login returns the device asked by token.
func (d *device) login(body string) (*device, string) {
	d.t.Helper()
	a := d.with("Authorization", "").do(http.MethodPost, "/mgmt/shared/authn/login", body)
	token, _ := at(a.body, "token", "token").(string)
	if a.status != http.StatusOK || len(token) != 26 {
		d.t.Fatalf("login: %d %s", a.status, a.text)
	}
	return d.with("Authorization", "").with("X-F5-Auth-Token", token), token
}

func TestEachWayToFailAuthenticationHasItsOwnShape(t *testing.T) {
	t.Parallel()
	c := newClock()
	d := start(t, bigipsim.Options{PlainHTTP: true, Now: c.time})
	nobody := d.with("Authorization", "")
	expired, _ := d.login(credentials)
	c.advance(1201 * time.Second)

	for _, test := range []struct {
		name        string
		ask         answer
		contentType string
		text        string
	}{
		{"bad basic credentials are HTML from httpd", d.as("admin", "wrong").do(http.MethodGet, "/mgmt/tm/ltm/pool", ""), "text/html; charset=iso-8859-1", "F5 Authorization Required"},
		{"no credentials", nobody.do(http.MethodGet, "/mgmt/tm/ltm/pool", ""), "application/json;charset=utf-8", "Authorization failed: no user authentication header or token detected. Uri:http://localhost:8100/mgmt/tm/ltm/pool Referrer:127.0.0.1 Sender:127.0.0.1"},
		{"an unknown token", nobody.with("X-F5-Auth-Token", "NOSUCHTOKEN").do(http.MethodGet, "/mgmt/tm/ltm/pool", ""), "application/json;charset=utf-8", "X-F5-Auth-Token does not exist."},
		{"an expired token", expired.do(http.MethodGet, "/mgmt/tm/ltm/pool", ""), "application/json;charset=utf-8", "X-F5-Auth-Token has expired."},
		{"a wrong password at login", nobody.do(http.MethodPost, "/mgmt/shared/authn/login", `{"username":"admin","password":"x"}`), "application/json;charset=utf-8", "Authentication failed."},
		{"an unknown provider at login", nobody.do(http.MethodPost, "/mgmt/shared/authn/login", `{"username":"admin","password":"admin","loginProviderName":"corp"}`), "application/json;charset=utf-8", "loginProviderName is invalid."},
	} {
		if test.ask.status != http.StatusUnauthorized || test.ask.header.Get("Content-Type") != test.contentType || !strings.Contains(test.ask.text, test.text) {
			t.Errorf("%s: %d %s %s", test.name, test.ask.status, test.ask.header.Get("Content-Type"), test.ask.text)
		}
		if strings.HasPrefix(test.contentType, "application/json") && test.ask.body["kind"] != ":resterrorresponse" {
			t.Errorf("%s: kind %v", test.name, test.ask.body["kind"])
		}
	}
}

func TestATokenLivesForItsTimeoutAndCanBeExtendedAndDeleted(t *testing.T) {
	t.Parallel()
	c := newClock()
	d := start(t, bigipsim.Options{PlainHTTP: true, Now: c.time})
	holder, token := d.login(credentials)
	path := "/mgmt/shared/authz/tokens/" + token

	c.advance(1100 * time.Second)
	a := holder.do(http.MethodPatch, path, `{"timeout":"3600"}`)
	if a.status != http.StatusOK || fmt.Sprint(a.body["timeout"]) != "3600" || fmt.Sprint(a.body["generation"]) != "2" {
		t.Fatalf("extend: %d %s", a.status, a.text)
	}
	c.advance(3500 * time.Second)
	holder.get("/ltm/pool")
	if a := holder.do(http.MethodPatch, path, `{"timeout":36001}`); a.status != http.StatusNotAcceptable {
		t.Errorf("beyond the absolute timeout: %d %s", a.status, a.text)
	}
	if a := holder.do(http.MethodDelete, path, ""); a.status != http.StatusOK {
		t.Errorf("logout: %d %s", a.status, a.text)
	}
	if a := holder.do(http.MethodGet, "/mgmt/tm/ltm/pool", ""); a.status != http.StatusUnauthorized {
		t.Errorf("after logout: %d", a.status)
	}
	if a := d.do(http.MethodGet, path, ""); a.status != http.StatusNotFound {
		t.Errorf("reading a deleted token: %d", a.status)
	}
}

func TestAUserHasAtMostAHundredTokensButTheBuiltInAdministratorHasNoLimit(t *testing.T) {
	t.Parallel()
	d := start(t, bigipsim.Options{PlainHTTP: true, Users: []bigipsim.User{{Name: "robot", Password: "secret", Role: bigipsim.RoleAdmin}}})
	for range 100 {
		d.login(`{"username":"robot","password":"secret"}`)
		d.login(credentials)
	}
	d.login(credentials)
	a := d.do(http.MethodPost, "/mgmt/shared/authn/login", `{"username":"robot","password":"secret"}`)
	if a.status != http.StatusBadRequest || !strings.Contains(a.text, "user robot has reached maximum active login tokens") {
		t.Errorf("101st: %d %s", a.status, a.text)
	}
}

func TestBefore13_1OnlyAdministratorsUseTheREST(t *testing.T) {
	t.Parallel()
	d := start(t, bigipsim.Options{PlainHTTP: true, TMOSVersion: "12.1.2", Users: []bigipsim.User{{Name: "guest", Password: "p", Role: bigipsim.RoleGuest}}})
	d.as("guest", "p").refused("GET", "/ltm/pool", "", 401, "", "Authorization failed")
	d.get("/ltm/pool")
}

func TestTheCertificateIsSignedByTheCAThatIsHandedOut(t *testing.T) {
	t.Parallel()
	d := start(t, bigipsim.Options{CAFile: t.TempDir() + "/ca.pem"})
	if !strings.HasPrefix(d.ManagementURL(), "https://127.0.0.1:") {
		t.Errorf("management URL %s", d.ManagementURL())
	}
	d.get("/sys/version")
}
