package bigip_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The objects of a site with one of everything.
var (
	certificate = ltm.NewPath("shop", "shop_web-tls")
	clientSSL   = ltm.NewPath("shop", "shop_web-tls")
	httpXFF     = ltm.NewPath("shop", "http_xff")
	respond     = ltm.NewPath("shop", "respond")
	api         = ltm.NewPath("shop", "shop_api_8080")
	apiMonitor  = ltm.NewPath("shop", "shop_api_8080_https")
	edge        = ltm.NewPath("shop", "203.0.113.10_443")
)

// keyPair is a new certificate for a name, and what the device is to show of it.
func keyPair(t *testing.T, path ltm.Path, name string) (ltm.Certificate, ltm.KeyPair) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pair := ltm.KeyPair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:         ltm.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	}
	return ltm.Certificate{Path: path, CertificateChecksum: checksum(pair.Certificate), KeyChecksum: checksum([]byte(pair.Key.Reveal()))}, pair
}

func checksum(content []byte) string {
	return fmt.Sprintf("SHA1:%d:%x", len(content), sha1.Sum(content))
}

// wholeSite has one object of each kind, and every word of conditions and actions.
func wholeSite(t *testing.T) (ltm.Site, map[ltm.Path]ltm.KeyPair) {
	t.Helper()
	cert, pair := keyPair(t, certificate, "shop.example.com")
	destination, err := ltm.ParseDestination("shop", "203.0.113.10:443")
	if err != nil {
		t.Fatal(err)
	}
	monitor := ltm.NewMonitor(ltm.MonitorHTTPS, apiMonitor)
	monitor.Description, monitor.Interval, monitor.Timeout, monitor.TimeUntilUp = "of a probe", 7, 22, 14
	monitor.Destination.Port, monitor.Receive = 8081, "HTTP/1[.][01] [23][0-9][0-9]"
	monitor.Send = `GET /healthz HTTP/1.1\r\nHost: shop.example.com\r\nX-A: \\ \x22\r\nConnection: close\r\n\r\n`
	backend := ltm.NewPool(api)
	backend.Monitors.Monitors = []ltm.Path{apiMonitor}
	backend.Members = []ltm.Member{member(t, "10.0.0.1:8080", ratio(3)), member(t, "10.0.0.2:8080", session(ltm.Disabled))}
	vs := ltm.NewVirtualServer(edge)
	vs.Destination, vs.IPProtocol, vs.Description = destination, "tcp", "words"
	vs.SourceAddressTranslation.Type = "automap"
	vs.Policies, vs.IRules = []ltm.Path{edge}, []ltm.Path{respond}
	vs.Profiles = []ltm.Profile{
		{Path: ltm.NewPath(ltm.Common, "tcp"), Context: ltm.ContextAll},
		{Path: httpXFF, Context: ltm.ContextAll},
		{Path: clientSSL, Context: ltm.ContextClientSide},
	}
	return ltm.Site{
		Certificates: []ltm.Certificate{cert},
		ClientSSL: []ltm.ClientSSL{{
			Path: clientSSL, Description: "of a Secret", Parent: ltm.NewPath(ltm.Common, "clientssl"),
			ServerName: "shop.example.com", Default: true, Certificate: certificate,
		}},
		HTTPProfiles: []ltm.HTTPProfile{{Path: httpXFF, Parent: ltm.NewPath(ltm.Common, "http"), InsertXForwardedFor: true}},
		IRules: []ltm.IRule{{Path: respond, Definition: `when HTTP_REQUEST {
    if { [info exists bigipkube_status] } {
        set status $bigipkube_status
        unset bigipkube_status
        HTTP::respond $status content "no route\n" noserver
    }
}`}},
		Monitors: []ltm.Monitor{monitor}, Pools: []ltm.Pool{backend}, Policies: []ltm.Policy{wholePolicy()}, VirtualServers: []ltm.VirtualServer{vs},
	}.Canonical(), map[ltm.Path]ltm.KeyPair{certificate: pair}
}

func wholePolicy() ltm.Policy {
	host := ltm.PolicyCondition{Operand: "httpHost", Selector: "host", Operator: "equals", Values: []string{"shop.example.com"}}
	notFound := ltm.PolicyAction{Kind: ltm.SetVariable, Name: "bigipkube_status", Value: "404"}
	return ltm.Policy{
		Path: edge, Description: "routes", Controls: []string{"asm", "forwarding"}, Requires: []string{"http"},
		Rules: []ltm.PolicyRule{
			{
				Name: "api", Description: "[mark]",
				Conditions: []ltm.PolicyCondition{
					host,
					{Operand: "httpUri", Selector: "path", Operator: "startsWith", CaseSensitive: true, Values: []string{"/api/", "/v1/"}},
					{Operand: "httpHeader", Name: "X-Canary", Operator: "exists"},
					{Operand: "httpMethod", Operator: "equals", Values: []string{"GET", "HEAD"}},
					{Operand: "httpUri", Selector: "queryParameter", Name: "v", Operator: "equals", Values: []string{"2"}},
					{Operand: "httpCookie", Name: "c", Operator: "contains", Not: true, Values: []string{"x"}},
					{Operand: "tcp", Selector: "address", Operator: "matches", Values: []string{"127.0.0.0/8"}},
				},
				Actions: []ltm.PolicyAction{
					{Kind: ltm.Forward, Pool: api},
					{Kind: ltm.Protect, Policy: ltm.NewPath(ltm.Common, "baseline")},
					{Kind: ltm.ReplaceHeader, Name: "X-A", Value: "1"},
					{Kind: ltm.InsertHeader, Name: "X-B", Value: "2"},
					{Kind: ltm.RemoveHeader, Name: "X-C"},
					{Kind: ltm.ReplaceHeader, Response: true, Name: "X-D", Value: "3"},
					{Kind: ltm.ReplaceHost, Value: "inside.example.com"},
					{Kind: ltm.ReplacePath, Value: "/inside"},
				},
			},
			{Name: "web", Conditions: []ltm.PolicyCondition{host}, Actions: []ltm.PolicyAction{{Kind: ltm.Forward, Pool: api}}},
			{
				Name: "old", Conditions: []ltm.PolicyCondition{{Operand: "httpHost", Selector: "host", Operator: "endsWith", Values: []string{".example.org"}}},
				Actions: []ltm.PolicyAction{{Kind: ltm.Redirect, Location: "https://shop.example.com/", Code: 301}},
			},
			{
				Name: "away", Conditions: []ltm.PolicyCondition{{Operand: "httpHost", Selector: "host", Operator: "equals", Values: []string{"away"}}},
				Actions: []ltm.PolicyAction{{Kind: ltm.Reset}},
			},
			{Name: "rest", Actions: []ltm.PolicyAction{notFound}},
		},
	}
}

// site reads the objects of a site, and forgets the requests.
func (l *lab) site(of ltm.Site) ltm.Site {
	l.t.Helper()
	live, err := l.Site(l.t.Context(), of.Paths())
	if err != nil {
		l.t.Fatal(err)
	}
	l.sim.ClearRequests()
	return live
}

// wantSite compares what the device has with what is desired.
func (l *lab) wantSite(want ltm.Site) {
	l.t.Helper()
	for i := range want.Pools {
		want.Pools[i] = wanted(want.Pools[i])
	}
	live := l.site(want)
	for i := range live.Pools {
		live.Pools[i] = wanted(live.Pools[i])
	}
	if diff := cmp.Diff(want, live, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b ltm.MemberKey) bool { return a == b }),
		cmp.Comparer(func(a, b ltm.Destination) bool { return a == b }), cmp.Comparer(func(a, b ltm.MonitorRule) bool { return a.Equal(b) })); diff != "" {
		l.t.Errorf("site (-want +got):\n%s", diff)
	}
}

func (l *lab) applySite(want ltm.Site, pairs map[ltm.Path]ltm.KeyPair) {
	l.t.Helper()
	if err := l.ApplySite(l.t.Context(), changeset.ComputeSite(want, l.site(want)), pairs); err != nil {
		l.t.Fatal(err)
	}
}
