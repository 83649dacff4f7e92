package bigipsim_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// pod is a server behind a member: it answers with its name, the address that it
// is reached from, and what it got as X-Forwarded-For.
func (d *device) pod(name, member string) {
	d.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = fmt.Fprintf(w, "%s from %s for %s", name, from, r.Header.Get("X-Forwarded-For"))
	}))
	d.t.Cleanup(server.Close)
	d.SetMembers(map[string]string{member: server.Listener.Addr().String()})
}

// visitor is a client of a virtual server that comes from a loopback address and
// makes each request on a connection of its own.
type visitor struct {
	t       *testing.T
	address string
	client  *http.Client
	secure  bool
}

func (d *device) visit(virtualServer, source string, secure *tls.Config) *visitor {
	d.t.Helper()
	v := &visitor{t: d.t, address: d.Listener(virtualServer), secure: secure != nil}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	v.client = &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: secure, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", v.address)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return v
}

// get asks for a path, with header fields "Name: value", and returns the answer.
func (v *visitor) get(host, path string, fields ...string) (*http.Response, string) {
	v.t.Helper()
	response, err := v.try(host, path, fields...)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response, string(body)
}

// try is get for requests that may fail; the body is the caller's.
func (v *visitor) try(host, path string, fields ...string) (*http.Response, error) {
	v.t.Helper()
	scheme := "http://"
	if v.secure {
		scheme = "https://"
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, scheme+host+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	return v.client.Do(r)
}

// hold opens a connection to a virtual server and keeps it.
func (d *device) hold(virtualServer string) net.Conn {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.Listener(virtualServer))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// shop is a device with the pools blue and green, one pod each.
func shop(t *testing.T) *device {
	d := plain(t, "17.1.1")
	d.post("/auth/partition", `{"name":"shop"}`)
	d.post("/sys/folder", `{"name":"Drafts","partition":"shop"}`)
	for i, color := range []string{"blue", "green"} {
		member := fmt.Sprintf("10.0.0.%d:80", i+1)
		d.post("/ltm/pool", `{"name":"`+color+`","partition":"shop","members":[{"name":"`+member+`","partition":"shop"}]}`)
		d.pod(color, member)
	}
	return d
}

// virtual creates a virtual server with more properties.
func (d *device) virtual(properties string) {
	d.t.Helper()
	d.post("/ltm/virtual", `{"name":"web","partition":"shop","destination":"/shop/203.0.113.10:443","pool":"/shop/blue","ipProtocol":"tcp",`+properties+`}`)
}

func TestUploadedCertificatesAreServedByServerName(t *testing.T) {
	t.Parallel()
	d := shop(t)
	for _, name := range []string{"www.example.com", "api.example.com"} {
		cert, key := pair(t, name)
		d.install(name, cert, key)
		d.post("/ltm/profile/client-ssl", `{"name":"`+name+`","partition":"Common","serverName":"`+name+`","cert":"/Common/`+name+`.crt","key":"/Common/`+name+`.key"}`)
	}
	d.patch("/ltm/profile/client-ssl/~Common~www.example.com", `{"sniDefault":"true"}`)
	d.virtual(`"profiles":["/Common/tcp","/Common/http","/Common/www.example.com","/Common/api.example.com"]`)
	for asked, want := range map[string]string{"www.example.com": "www.example.com", "api.example.com": "api.example.com", "other.example.com": "www.example.com"} {
		response, body := d.visit("/shop/web", "127.0.0.1", &tls.Config{InsecureSkipVerify: true}).get(asked, "/")
		if got := response.TLS.PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("%s gets the certificate of %s, want %s", asked, got, want)
		}
		if response.TLS.Version != tls.VersionTLS12 {
			t.Errorf("version %x: the profile has no-tlsv1.3", response.TLS.Version)
		}
		if !strings.HasPrefix(body, "blue ") {
			t.Errorf("answered %q", body)
		}
	}

	cert, key := pair(t, "new.example.com")
	d.upload("new", cert)
	d.upload("new.key", key)
	inside, path := d.begin()
	inside.patch("/sys/file/ssl-cert/~Common~www.example.com.crt", `{"sourcePath":"file:/var/config/rest/downloads/new"}`)
	inside.patch("/sys/file/ssl-key/~Common~www.example.com.key", `{"sourcePath":"file:/var/config/rest/downloads/new.key"}`)
	d.patch(path, `{"state":"VALIDATING"}`)
	response, _ := d.visit("/shop/web", "127.0.0.1", &tls.Config{InsecureSkipVerify: true}).get("www.example.com", "/")
	if got := response.TLS.PeerCertificates[0].Subject.CommonName; got != "new.example.com" {
		t.Errorf("after its replacement the certificate is that of %s", got)
	}
}

func TestServerSSLReachesMembersThatSpeakTLS(t *testing.T) {
	t.Parallel()
	d := shop(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secure") }))
	t.Cleanup(server.Close)
	d.SetMembers(map[string]string{"10.0.0.1:80": server.Listener.Addr().String()})
	d.virtual(`"profiles":["/Common/tcp","/Common/http",{"name":"/Common/serverssl","context":"serverside"}]`)
	if _, body := d.visit("/shop/web", "127.0.0.1", nil).get("shop", "/"); body != "secure" {
		t.Errorf("answered %q", body)
	}
}

func TestTheMemberSeesTheAddressThatSNATGivesIt(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.post("/ltm/profile/http", `{"name":"xff","partition":"Common","insertXforwardedFor":"enabled"}`)
	d.virtual(`"profiles":["/Common/tcp","/Common/xff"]`)
	v := d.visit("/shop/web", "127.0.0.7", nil)
	answer := func() string { _, body := v.get("shop", "/"); return body }
	if got := answer(); got != "blue from 127.0.0.7 for 127.0.0.7" {
		t.Errorf("without SNAT: %s", got)
	}
	d.patch("/ltm/virtual/~shop~web", `{"sourceAddressTranslation":{"type":"automap"}}`)
	if got := answer(); got != "blue from 127.0.0.1 for 127.0.0.7" {
		t.Errorf("with automap: %s", got)
	}
	d.post("/ltm/snatpool", `{"name":"out","partition":"Common","members":["/Common/198.51.100.9"]}`)
	d.patch("/ltm/virtual/~shop~web", `{"sourceAddressTranslation":{"type":"snat","pool":"/Common/out"}}`)
	if got := answer(); got != "blue from 127.51.100.9 for 127.0.0.7" {
		t.Errorf("with a snatpool: %s", got)
	}
}

func TestAPublishedPolicyRoutesRedirectsAndEdits(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.post("/ltm/data-group/internal", `{"name":"hosts","partition":"shop","type":"string","records":[{"name":"green.example.com"}]}`)
	d.post("/ltm/policy", `{"name":"routes","partition":"shop","subPath":"Drafts","controls":["forwarding"],"requires":["http"],"strategy":"first-match","rules":[
		{"name":"z-first","ordinal":0,"conditions":[{"name":"0","httpUri":true,"path":true,"startsWith":true,"request":true,"values":["/old/"]}],
		 "actions":[{"name":"0","httpReply":true,"redirect":true,"request":true,"location":"tcl:https://[HTTP::host]/new"}]},
		{"name":"a-header","ordinal":1,"conditions":[{"name":"0","httpHeader":true,"all":true,"tmName":"X-Canary","equals":true,"request":true,"values":["yes"]}],
		 "actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"/shop/green"}]},
		{"name":"group","ordinal":2,"conditions":[{"name":"0","httpHost":true,"host":true,"equals":true,"request":true,"datagroup":"/shop/hosts"}],
		 "actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"/shop/green"},
		            {"name":"1","httpHeader":true,"replace":true,"request":true,"tmName":"X-Forwarded-For","value":"policy"}]}]}`)
	d.publish("/shop/Drafts/routes")
	d.virtual(`"profiles":["/Common/tcp","/Common/http"],"policies":[{"name":"routes","partition":"shop"}]`)
	v := d.visit("/shop/web", "127.0.0.1", nil)
	for _, test := range []struct{ host, path, field, want string }{
		{"www.example.com", "/", "X-Canary: no", "blue from 127.0.0.1 for "},
		{"www.example.com", "/", "X-Canary: yes", "green from 127.0.0.1 for "},
		{"green.example.com", "/", "X-Canary: no", "green from 127.0.0.1 for policy"},
	} {
		if _, body := v.get(test.host, test.path, test.field); body != test.want {
			t.Errorf("%+v: answered %q", test, body)
		}
	}
	if response, _ := v.get("www.example.com", "/old/cart"); response.StatusCode != 302 || response.Header.Get("Location") != "https://www.example.com/new" {
		t.Errorf("%s to %q", response.Status, response.Header.Get("Location"))
	}

	d.patch("/ltm/policy/~shop~routes", `{"createDraft":true}`)
	d.patch("/ltm/policy/~shop~Drafts~routes/rules/a-header/actions/0", `{"pool":"/shop/blue"}`)
	if _, body := v.get("www.example.com", "/", "X-Canary: yes"); !strings.HasPrefix(body, "green ") {
		t.Errorf("a draft changes the traffic: %q", body)
	}
	d.publish("/shop/Drafts/routes")
	if _, body := v.get("www.example.com", "/", "X-Canary: yes"); !strings.HasPrefix(body, "blue ") {
		t.Errorf("after it is published: %q", body)
	}
	d.patch("/ltm/virtual/~shop~web", `{"policies":[]}`)
	if _, body := v.get("green.example.com", "/"); !strings.HasPrefix(body, "blue ") {
		t.Errorf("without the policy: %q", body)
	}
}

func TestHTTP2IsOfferedWithItsProfile(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.virtual(`"profiles":["/Common/tcp","/Common/http","/Common/clientssl"]`)
	ask := func() (string, string) {
		v := d.visit("/shop/web", "127.0.0.1", &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		v.client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
		response, body := v.get("shop.example.com", "/")
		return response.Proto, body
	}
	if proto, body := ask(); proto != "HTTP/1.1" || body != "blue from 127.0.0.1 for " {
		t.Errorf("without an http2 profile: %s %q", proto, body)
	}
	d.patch("/ltm/virtual/~shop~web", `{"profiles":["/Common/tcp","/Common/http","/Common/clientssl","/Common/http2"]}`)
	if proto, body := ask(); proto != "HTTP/2.0" || body != "blue from 127.0.0.1 for " {
		t.Errorf("with an http2 profile: %s %q", proto, body)
	}
}
