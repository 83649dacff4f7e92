package bigipsim_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// namesPolicy is a policy that sends the clients who ask for green.example.com to the pool green.
const namesPolicy = `{"name":"names","partition":"shop","legacy":true,"strategy":"first-match","controls":["forwarding"],"requires":["ssl-persistence"],"rules":[
	{"name":"green","ordinal":0,
	 "conditions":[{"name":"0","sslExtension":true,"serverName":true,"equals":true,"sslClientHello":true,"values":["green.example.com"]}],
	 "actions":[{"name":"0","forward":true,"select":true,"sslClientHello":true,"pool":"/shop/green"}]}]}`

func TestAPolicyChoosesThePoolByTheServerNameAndLeavesTLSToTheMember(t *testing.T) {
	t.Parallel()
	d := shop(t)
	members := map[string]string{}
	for i, color := range []string{"blue", "green"} {
		pod := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(color)) }))
		cert, key := pair(t, color)
		own, err := tls.X509KeyPair([]byte(cert), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		pod.TLS = &tls.Config{Certificates: []tls.Certificate{own}}
		pod.StartTLS()
		t.Cleanup(pod.Close)
		members["10.0.0."+string(rune('1'+i))+":80"] = pod.Listener.Addr().String()
	}
	d.SetMembers(members)
	d.post("/ltm/policy", namesPolicy)
	d.virtual(`"profiles":["/Common/tcp"],"persist":["/Common/ssl"],"policies":["/shop/names"]`)
	for asked, want := range map[string]string{"green.example.com": "green", "other.example.com": "blue"} {
		response, body := d.visit("/shop/web", "127.0.0.1", &tls.Config{InsecureSkipVerify: true}).get(asked, "/")
		if got := response.TLS.PeerCertificates[0].Subject.CommonName; got != want || body != want {
			t.Errorf("%s gets the certificate of %s and %q, want %s", asked, got, body, want)
		}
	}
}

func TestAPolicyForTheHelloIsRefusedWhereNothingReadsIt(t *testing.T) {
	t.Parallel()
	const refusal = "010716d9:3: Virtual server /shop/web requires a profile of type clientssl or ssl persistence for ltm policy /shop/names."
	d := shop(t)
	d.post("/ltm/policy", namesPolicy)
	with := func(more string) string {
		return `{"name":"web","partition":"shop","destination":"/shop/203.0.113.10:443","ipProtocol":"tcp","policies":["/shop/names"],` + more + `}`
	}
	d.refused("POST", "/ltm/virtual", with(`"profiles":["/Common/tcp"]`), 400, "3", refusal)
	d.refused("POST", "/ltm/virtual", with(`"profiles":["/Common/tcp"],"persist":["/Common/source_addr"]`), 400, "3", refusal)
	d.post("/ltm/virtual", with(`"profiles":["/Common/tcp"],"persist":["/Common/ssl"]`))
	d.refused("PATCH", "/ltm/virtual/~shop~web", `{"persist":[]}`, 400, "3", refusal)
	d.patch("/ltm/virtual/~shop~web", `{"persist":[],"profiles":["/Common/tcp","/Common/clientssl"]}`)
	if got := d.get("/ltm/persistence/ssl/~Common~ssl"); !strings.HasSuffix(got["kind"].(string), "ssl:sslstate") || got["timeout"] != "300" {
		t.Errorf("the built-in is %v", got)
	}
}
