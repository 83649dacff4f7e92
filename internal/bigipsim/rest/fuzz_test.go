package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
)

// still is a data plane on which nothing happens.
type still struct{}

func (still) MemberHealth(string, string) dataplane.Health {
	return dataplane.Health{Status: "checking"}
}
func (still) MemberCounters(string, string) dataplane.Counters { return dataplane.Counters{} }
func (still) VirtualServerCounters(string) dataplane.Counters  { return dataplane.Counters{} }
func (still) PoolCounters(string) dataplane.Counters           { return dataplane.Counters{} }
func (still) PoolQueue(string) dataplane.Queue                 { return dataplane.Queue{} }
func (still) NodeHealth(string) dataplane.Health               { return dataplane.Health{Status: "down"} }
func (still) NodeCounters(string) dataplane.Counters           { return dataplane.Counters{} }
func (still) ResetPool(string)                                 {}
func (still) ResetMember(string, string)                       {}
func (still) ResetNode(string)                                 {}
func (still) ResetVirtualServer(string)                        {}

func newServer(t testing.TB, version string) *Server {
	t.Helper()
	v, err := config.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	db, err := config.NewDB(config.Options{Version: v, Users: []config.User{{Name: "admin", Password: "admin", Role: config.RoleAdmin}}})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{DB: db, Traffic: still{}, Admin: "admin"})
}

func ask(s *Server, method, target, body string, header ...string) *httptest.ResponseRecorder {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil
	}
	r, err := http.NewRequestWithContext(context.Background(), method, "/", strings.NewReader(body))
	if err != nil {
		return nil
	}
	r.URL, r.RequestURI, r.RemoteAddr = u, target, "127.0.0.1:1"
	r.SetBasicAuth("admin", "admin")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Whatever is asked, the simulator refuses in the device's way; it never panics
// and never answers 500.
func FuzzRouter(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/mgmt/tm/ltm/pool/~Common~p/members/~Common~10.0.0.1:80/stats", ""},
		{"POST", "/mgmt/tm/ltm/pool", `{"name":"q","partition":"Common","members":[{"name":"10.0.0.1:80"},"2001:db8::1.80"],"monitor":"min 1 of http tcp"}`},
		{"PUT", "/mgmt/tm/ltm/pool/~Common~p", `{"members":["10.0.0.2:80"],"metadata":[{"name":"x"}]}`},
		{"PATCH", "/mgmt/tm/ltm/pool/~Common~p/members/~Common~10.0.0.1:80", `{"session":"user-disabled","state":"user-down"}`},
		{"DELETE", "/mgmt/tm/ltm/virtual/~Common~v/profiles/~Common~tcp", ""},
		{"POST", "/mgmt/tm/ltm/virtual", `{"name":"w","destination":"10.0.0.1%2:http","profiles":[{"name":"http","context":"all"},"tcp"],"persist":[{"name":"cookie"}],"sourceAddressTranslation":{"type":"snat"}}`},
		{"PATCH", "/mgmt/tm/ltm/virtual/v", `{"destination":"::1.80","profiles":[],"rules":[],"vlansEnabled":true,"disabled":true}`},
		{"GET", "/mgmt/tm/ltm/node?$filter=partition+eq+Common&$select=name&$top=1&$skip=0&expandSubcollections=true", ""},
		{"POST", "/mgmt/tm/transaction", `{"timeoutSeconds":5}`},
		{"PATCH", "/mgmt/tm/transaction/1", `{"state":"VALIDATING"}`},
		{"POST", "/mgmt/tm/auth/partition", `{"name":"x","defaultRouteDomain":3}`},
		{"POST", "/mgmt/tm/sys/folder", `{"name":"/Common/a","partition":"Common"}`},
		{"POST", "/mgmt/shared/authn/login", `{"username":"admin","password":"admin"}`},
		{"GET", "/mgmt/tm/sys/folder/~", ""},
		{"POST", "/mgmt/tm/ltm/profile/tcp", `{"name":"t","defaultsFrom":"t","idleTimeout":"5"}`},
		{"GET", "/mgmt/tm/ltm/pool/%7E%2F~~%25", ""},
		{"POST", "/mgmt/tm/ltm/policy", `{"name":"Drafts/x","rules":[{"name":"r","actions":[{"name":"0","forward":true,"select":true,"pool":"p"}],"conditions":[{"name":"0","httpHost":true,"values":["a"]}]}]}`},
		{"POST", "/mgmt/tm/ltm/pool/~Common~p/members", `{"command":"reset-stats","name":"10.0.0.1:80"}`},
		{"POST", "/mgmt/tm/ltm/policy", `{"command":"publish","name":"/Common/Drafts/d"}`},
		{"PATCH", "/mgmt/tm/ltm/policy/~Common~Drafts~d/rules/r/actions/0", `{"select":true,"redirect":true}`},
		{"PATCH", "/mgmt/tm/ltm/policy/Common~d?options=create-draft", `{}`},
		{"PATCH", "/mgmt/tm/ltm/data-group/internal/g?options=records+add+{+b+{+data+c+}+}", `{}`},
		{"POST", "/mgmt/tm/ltm/data-group/internal", `{"name":"h","type":"ip","records":["10.0.0.1%2/8"]}`},
		{"POST", "/mgmt/tm/ltm/rule", `{"name":"r","apiAnonymous":"when HTTP_REQUEST { pool p }"}`},
		{"POST", "/mgmt/tm/sys/file/ssl-cert", `{"name":"x","sourcePath":"file:/var/config/rest/downloads/x"}`},
		{"POST", "/mgmt/tm/ltm/profile/client-ssl", `{"name":"x","certKeyChain":[{"name":"a","cert":"default.crt","key":"default.key"}]}`},
		{"POST", "/mgmt/shared/file-transfer/uploads/x", "abc"},
		{"POST", "/mgmt/tm/util/bash", `{"command":"run","utilCmdArgs":"-c 'ls /'"}`},
		{"PATCH", "/mgmt/tm/net/fdb/tunnel/~Common~http-tunnel", `{"records":[{"name":"0a:0a:ac:10:01:01","endpoint":"1.1.1.1"}]}`},
		{"POST", "/mgmt/tm/ltm/pool", `{"name":"f","members":[{"name":"www:80","fqdn":{"tmName":"www.example.com","autopopulate":"enabled"}}]}`},
		{"POST", "/mgmt/tm/ltm/node", `{"name":"_auto_10.0.0.1","address":"10.0.0.1"}`},
		{"PATCH", "/mgmt/tm/ltm/pool/~Common~p/members/10.0.0.1:http", `{"ratio":2}`},
		{"POST", "/mgmt/tm/sys/config", `{"command":"load","options":[{"verify":""}]}`},
		{"PUT", "/mgmt/tm/sys/dns", `{"nameServers":["192.0.2.1"]}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		s := newServer(t, "17.1.1")
		for _, setup := range [][2]string{
			{"/mgmt/tm/ltm/pool", `{"name":"p","partition":"Common","members":["10.0.0.1:80"]}`},
			{"/mgmt/tm/ltm/virtual", `{"name":"v","partition":"Common","destination":"/Common/10.0.0.9:80","profiles":["tcp","http"]}`},
			{"/mgmt/tm/ltm/policy", `{"name":"/Common/Drafts/d","rules":[{"name":"r","actions":[{"name":"0","forward":true}]}]}`},
			{"/mgmt/tm/ltm/data-group/internal", `{"name":"g","type":"string","records":["a"]}`},
		} {
			if w := ask(s, http.MethodPost, setup[0], setup[1]); w.Code != http.StatusOK {
				t.Fatal(w.Body)
			}
		}
		w := ask(s, method, target, body)
		if w == nil {
			return
		}
		if w.Code >= 500 {
			t.Fatalf("%s %s %s: %d %s", method, target, body, w.Code, w.Body)
		}
		// What was made of it can be read in every form, and queued and committed.
		for _, path := range []string{"pool?expandSubcollections=true", "virtual?expandSubcollections=true", "pool/stats", "virtual/stats", "node/stats", "policy?expandSubcollections=true", "data-group/internal", "profile/client-ssl"} {
			if got := ask(s, http.MethodGet, "/mgmt/tm/ltm/"+path, ""); got.Code != http.StatusOK {
				t.Fatalf("%s afterwards: %d %s", path, got.Code, got.Body)
			}
		}
		if begun := ask(s, http.MethodPost, "/mgmt/tm/transaction", "{}"); begun.Code == http.StatusOK {
			id := begun.Body.String()[len(`{"transId":`):][:16]
			ask(s, method, target, body, coordination, id)
			if done := ask(s, http.MethodPatch, "/mgmt/tm/transaction/"+id, `{"state":"VALIDATING"}`); done.Code >= 500 {
				t.Fatalf("commit: %d %s", done.Code, done.Body)
			}
		}
	})
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"/ltm/pool/~P~x", "/ltm/pool/P~x/members/a.80", "/ltm/monitor/http/x/stats", "//ltm//pool/~~/", "/sys/folder/~", "/%zz", "/ltm/pool/%2510:80", "/ltm/policy/x/rules/r/actions/0", "/sys/dns", "/ltm/policy/a%00b/rules/c"} {
		f.Add(seed)
	}
	version, err := config.ParseVersion("17.1.1")
	if err != nil {
		f.Fatal(err)
	}
	schema, err := config.NewSchema(version)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		segments, err := splitPath(path)
		if err != nil {
			return
		}
		got, ok := resolve(schema, segments)
		if !ok || got.path == "" || got.kind.NoPartition || got.kind.IsFolder || got.stats {
			return
		}
		// A link to the object leads back to it.
		back, err := splitPath(strings.TrimPrefix(href(got.kind, got.parent, got.path), host))
		if err != nil {
			t.Fatal(err)
		}
		again, ok := resolve(schema, back)
		if !ok || again.path != got.path || again.parent != got.parent {
			t.Errorf("%q: %+v, by its link %+v", path, got, again)
		}
	})
}
