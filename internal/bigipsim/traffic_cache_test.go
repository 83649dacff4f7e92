package bigipsim

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

func TestWhatTheDataPlaneLearnsIsTheSameWithAndWithoutMemory(t *testing.T) {
	t.Parallel()
	s, err := New(Options{PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(t.Context()) })
	request := func(method, path, body string) {
		t.Helper()
		r := httptest.NewRequest(method, "/mgmt/tm"+path, strings.NewReader(body))
		r.SetBasicAuth("admin", "admin")
		w := httptest.NewRecorder()
		s.gate.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s %s: %s", method, path, w.Body)
		}
		if cached, fresh := s.translator.translate(s.db.State()), new(translator).translate(s.db.State()); !reflect.DeepEqual(cached, fresh) {
			t.Errorf("after %s %s\ncached %+v\nfresh  %+v", method, path, cached, fresh)
		}
	}
	request("POST", "/ltm/pool", `{"name":"p","partition":"Common","members":["10.0.0.1:80"]}`)
	request("POST", "/ltm/snatpool", `{"name":"s","partition":"Common","members":["10.0.9.1"]}`)
	request("POST", "/ltm/data-group/internal", `{"name":"d","partition":"Common","type":"string","records":[{"name":"a"}]}`)
	request("POST", "/ltm/profile/http", `{"name":"h","partition":"Common"}`)
	request("POST", "/ltm/profile/client-ssl", `{"name":"c","partition":"Common"}`)
	request("POST", "/ltm/persistence/cookie", `{"name":"k","partition":"Common"}`)
	request("POST", "/ltm/policy", `{"name":"l","partition":"Common","legacy":true,"strategy":"/Common/first-match","controls":["forwarding"],"requires":["http"],
		"rules":[{"name":"r","conditions":[{"name":"0","httpHost":true,"host":true,"equals":true,"request":true,"datagroup":"/Common/d"}],
		"actions":[{"name":"0","forward":true,"select":true,"request":true,"node":"10.0.0.3"}]}]}`)
	request("POST", "/ltm/virtual", `{"name":"v","partition":"Common","destination":"10.1.0.1:443","pool":"p","profiles":["tcp","h","c"],"persist":["k"],
		"policies":["l"],"sourceAddressTranslation":{"type":"snat","pool":"s"}}`)

	policy := s.translator.translate(s.db.State()).VirtualServers[0].Policies[0]
	request("PATCH", "/ltm/pool/~Common~p/members/~Common~10.0.0.1:80", `{"ratio":5}`)
	request("PATCH", "/ltm/virtual/~Common~v", `{"pool":"none"}`)
	request("PATCH", "/ltm/virtual/~Common~v", `{"pool":"p"}`)
	if untouched := s.translator.translate(s.db.State()).VirtualServers[0].Policies[0]; untouched == policy {
		t.Error("a virtual server that changed keeps its old translation")
	}
	policy = s.translator.translate(s.db.State()).VirtualServers[0].Policies[0]
	request("PATCH", "/ltm/pool/~Common~p/members/~Common~10.0.0.1:80", `{"ratio":6}`)
	if again := s.translator.translate(s.db.State()).VirtualServers[0].Policies[0]; again != policy {
		t.Error("a change of a member translates virtual servers again")
	}
	request("POST", "/ltm/pool/~Common~p/members", `{"name":"10.0.0.0:80","partition":"Common"}`)
	request("POST", "/ltm/pool/~Common~p/members", `{"name":"name:80","partition":"Common","fqdn":{"tmName":"name.example.com","autopopulate":"enabled"}}`)
	request("POST", "/ltm/pool/~Common~p/members", `{"name":"10.0.0.2:80","partition":"Common"}`)
	request("PATCH", "/ltm/pool/~Common~p/members/~Common~10.0.0.0:80", `{"session":"user-disabled"}`)
	request("PATCH", "/ltm/pool/~Common~p", `{"monitor":"/Common/tcp"}`)
	request("PATCH", "/ltm/pool/~Common~p/members/~Common~10.0.0.2:80", `{"monitor":"/Common/none"}`)
	request("PATCH", "/ltm/pool/~Common~p", `{"members":["10.0.0.2:80","10.0.0.0:80"]}`)
	request("DELETE", "/ltm/pool/~Common~p/members/~Common~10.0.0.0:80", "")
	request("PATCH", "/ltm/pool/~Common~p/members/~Common~10.0.0.2:80", `{"ratio":2}`)
	request("PATCH", "/ltm/profile/http/~Common~h", `{"insertXforwardedFor":"enabled"}`)
	request("PATCH", "/ltm/profile/client-ssl/~Common~c", `{"serverName":"a.example.com"}`)
	request("PATCH", "/ltm/persistence/cookie/~Common~k", `{"cookieName":"x"}`)
	request("PATCH", "/ltm/data-group/internal/~Common~d", `{"records":[{"name":"b"}]}`)
	request("PATCH", "/ltm/snatpool/~Common~s", `{"members":["10.0.9.2"]}`)
	request("PATCH", "/ltm/virtual-address/~Common~10.1.0.1", `{"enabled":"no"}`)
	request("POST", "/ltm/node", `{"name":"n3","partition":"Common","address":"10.0.0.3"}`)
	request("PATCH", "/ltm/policy/~Common~l", `{"legacy":true,"strategy":"/Common/best-match"}`)
	request("POST", "/ltm/virtual", `{"name":"w","partition":"Common","destination":"10.1.0.2:80","pool":"p","profiles":["udp"]}`)
	request("DELETE", "/ltm/virtual/~Common~v", "")
}
