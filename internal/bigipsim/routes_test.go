package bigipsim_test

import (
	"net/http"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// respondRule is an iRule of the simulated subset, as JSON.
const respondRule = `"when HTTP_REQUEST { if { [info exists route_status] } { set status $route_status\nunset route_status\nHTTP::respond $status content \"no route\" noserver } }"`

// routeRules leads one host to a pool, one elsewhere, and answers the rest.
func routeRules(pool string) string {
	return `[
	{"name":"shop","ordinal":0,"conditions":[{"name":"0","httpHost":true,"host":true,"equals":true,"request":true,"values":["shop.example.com"]}],
	 "actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"` + pool + `"}]},
	{"name":"old","ordinal":1,"conditions":[{"name":"0","httpHost":true,"host":true,"equals":true,"request":true,"values":["old.example.com"]}],
	 "actions":[{"name":"0","httpReply":true,"redirect":true,"request":true,"code":301,"location":"https://shop.example.com/"}]},
	{"name":"rest","ordinal":2,"actions":[{"name":"0","tcl":true,"setVariable":true,"request":true,"tmName":"route_status","expression":"404"}]}]`
}

func TestRoutesAreMadeAndChangedInTransactions(t *testing.T) {
	t.Parallel()
	d := shop(t)
	inside, path := d.begin()
	inside.post("/ltm/rule", `{"name":"respond","partition":"shop","apiAnonymous":`+respondRule+`}`)
	inside.post("/ltm/policy", `{"name":"routes","partition":"shop","legacy":true,"controls":["forwarding"],"requires":["http"],"strategy":"/Common/first-match","rules":`+routeRules("/shop/blue")+`}`)
	inside.post("/ltm/virtual", `{"name":"web","partition":"shop","destination":"/shop/203.0.113.10:80","ipProtocol":"tcp",
		"profiles":["/Common/tcp","/Common/http"],"policies":[{"name":"routes","partition":"shop"}],"rules":["/shop/respond"]}`)
	d.patch(path, `{"state":"VALIDATING"}`)

	v := d.visit("/shop/web", "127.0.0.1", nil)
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	wants := func(host string, status int, body string) {
		t.Helper()
		if response, got := v.get(host, "/"); response.StatusCode != status || got != body {
			t.Errorf("%s is answered %d %q, want %d %q", host, response.StatusCode, got, status, body)
		}
	}
	wants("shop.example.com", 200, "blue from 127.0.0.1 for ")
	wants("none.example.com", 404, "no route")
	wants("old.example.com", 301, "")
	wants("shop.example.com:8080", 200, "blue from 127.0.0.1 for ") // a host is compared without its port

	inside, path = d.begin()
	inside.patch("/ltm/policy/~shop~routes", `{"legacy":true,"rules":`+routeRules("/shop/green")+`}`)
	wants("shop.example.com", 200, "blue from 127.0.0.1 for ")
	d.patch(path, `{"state":"VALIDATING"}`)
	wants("shop.example.com", 200, "green from 127.0.0.1 for ")

	// An iRule with more than the subset has no effect.
	d.patch("/ltm/rule/~shop~respond", `{"apiAnonymous":"when HTTP_REQUEST { HTTP::respond 200 content [HTTP::uri] }"}`)
	if _, err := v.try("none.example.com", "/"); err == nil {
		t.Error("without an iRule and a pool somebody answers")
	}
}

func TestWebSecurityIsThereWithItsModuleOnly(t *testing.T) {
	t.Parallel()
	for _, asm := range []bool{false, true} {
		d := furnish(start(t, bigipsim.Options{PlainHTTP: true, ASM: asm}))
		d.post("/ltm/policy", `{"name":"waf","partition":"shop","legacy":true,"controls":["asm"],"requires":["http"],"strategy":"/Common/first-match",
			"rules":[{"name":"all","actions":[{"name":"0","asm":true,"enable":true,"request":true,"policy":"/Common/baseline"}]}]}`)
		body := `{"name":"guarded","partition":"shop","destination":"/shop/203.0.113.99:80","pool":"/shop/web",
			"profiles":["/Common/tcp","/Common/http","/Common/websecurity"],"policies":[{"name":"waf","partition":"shop"}]}`
		if !asm {
			d.refused("POST", "/ltm/virtual", body, 400, "3", "01070277:3: The requested Profile (/Common/websecurity) was not found.")
			continue
		}
		if got := d.get("/sys/provision/asm")["level"]; got != "nominal" {
			t.Errorf("ASM is provisioned %v", got)
		}
		d.post("/ltm/virtual", body)
		d.get("/ltm/virtual/~shop~guarded/profiles/~Common~websecurity")
	}
}
