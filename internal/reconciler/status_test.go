package reconciler

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

// TestEachNumberOfTheStatusIsTheDevicesOrTheClusters compares the status with what the
// simulator and the API server say themselves.
func TestEachNumberOfTheStatusIsTheDevicesOrTheClusters(t *testing.T) {
	t.Parallel()
	c := newCanary(t, 0)
	o := c.options("shop")
	o.Stats.Interval = time.Second
	helper := c.follow(o)
	first := helper.shown(func(s page.Status) bool {
		return s.Device.Counted != nil && len(s.Pools) == 1 && len(s.Pools[0].Members) == 5
	})
	if v := first.VirtualServers[0]; v.RequestsPerSecond != nil || *v.Requests != 0 || first.Pools[0].Backends[0].Measured != nil {
		t.Errorf("before there is any load: %+v", v)
	}
	if answered := send(400, c.sim.Listener("/shop/shop")); answered != 400 {
		t.Fatalf("%d of 400 requests were answered", answered)
	}
	s := helper.shown(func(s page.Status) bool {
		v := s.VirtualServers[0]
		return v.Requests != nil && *v.Requests == 400 && *v.CurrentConnections == 0 && v.RequestsPerSecond != nil
	})

	unit := strings.TrimPrefix(c.sim.ManagementURL(), "https://")
	if s.Device.Name != unit || s.Device.Unit != unit || s.Device.Problem != "" || s.Device.Unread != nil || time.Since(*s.Device.Answered) > time.Minute {
		t.Errorf("device: %+v", s.Device)
	}
	if len(s.Clusters) != 1 || s.Clusters[0].Problem != "" || time.Since(*s.Clusters[0].Answered) > time.Minute {
		t.Errorf("clusters: %+v", s.Clusters)
	}
	v, p := s.VirtualServers[0], s.Pools[0]
	c.same("the virtual server", c.counted("ltm/virtual/~shop~shop/stats")[0], "clientside.", v.Counters)
	c.same("the pool", c.counted("ltm/pool/~shop~shop/stats")[0], "serverside.", p.Counters)
	if diff := cmp.Diff([]page.Host{{Name: "old.example.com", Pool: "/shop/old"}, {Name: "shop.example.com", Pool: "/shop/shop"}}, v.Hosts); diff != "" {
		t.Errorf("hosts: %s", diff)
	}
	if v.Destination != "/shop/192.0.2.80:80" || !v.Enabled || !*v.Up || fmt.Sprint(v.Pools) != "[/shop/old /shop/shop]" {
		t.Errorf("virtual server: %+v", v)
	}
	if perSecond := *v.RequestsPerSecond * v.Window; perSecond < 399.9 || perSecond > 400.1 { // from the first reading, of nothing
		t.Errorf("%.1f requests in the window, of 400", perSecond)
	}
	c.sameMembers(p)
	c.sameEndpoints(p)
	if len(s.Changes) == 0 || !strings.Contains(fmt.Sprint(s.Changes), "is ready") {
		t.Errorf("changes: %+v", s.Changes)
	}

	response, err := http.Get(helper.url())
	must(t, err)
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	must(t, err)
	tree := helper.printed("text")
	for _, m := range p.Members {
		for what, text := range map[string]string{"page": string(html), "tree": tree} {
			if !strings.Contains(text, m.Address) || !strings.Contains(text, m.Pod) || !strings.Contains(text, m.Why) {
				t.Errorf("the %s lacks %s %s %s", what, m.Address, m.Pod, m.Why)
			}
		}
	}
	t.Logf("it prints\n%s", tree)
	var decoded page.Status
	if err := json.Unmarshal([]byte(helper.printed("json")), &decoded); err != nil || len(decoded.Pools) != 1 {
		t.Errorf("%v %+v", err, decoded)
	}
}

// same compares counters with those of the simulator.
func (c *canary) same(what string, of map[string]any, side string, got page.Counters) {
	c.t.Helper()
	for name, value := range map[string]*int64{"totRequests": got.Requests, side + "totConns": got.Connections, side + "curConns": got.CurrentConnections} {
		if want, ok := of[name].(float64); !ok || value == nil || int64(want) != *value {
			c.t.Errorf("%s: %s is %v, the device says %v", what, name, value, of[name])
		}
	}
}

// sameMembers compares the members with what the device says of each.
func (c *canary) sameMembers(p page.Pool) {
	c.t.Helper()
	members := map[string]page.Member{}
	for _, m := range p.Members {
		members[m.Address] = m
	}
	connections := map[string]float64{}
	all := 0.0
	for _, of := range c.counted("ltm/pool/~shop~shop/members/stats") {
		address := fmt.Sprintf("%v:%.0f", of["addr"], of["port"])
		m := members[address]
		c.same(address, of, "serverside.", m.Counters)
		connections[m.Backend] += of["serverside.totConns"].(float64)
		all += of["serverside.totConns"].(float64)
	}
	items, _ := c.rest(http.MethodGet, "ltm/pool/~shop~shop/members", nil)["items"].([]any)
	if len(items) != len(p.Members) {
		c.t.Errorf("%d members, the device has %d", len(p.Members), len(items))
	}
	for _, item := range items {
		of := item.(map[string]any)
		m := members[of["name"].(string)]
		want := map[string]string{"user-enabled": "enabled", "user-disabled": "disabled"}[of["session"].(string)]
		if m.Session != want || float64(m.Ratio) != of["ratio"] {
			c.t.Errorf("%v: %s with ratio %d, the device says %v with %v", of["name"], m.Session, m.Ratio, of["session"], of["ratio"])
		}
	}
	if m := members["192.0.2.9:80"]; m.State != page.StateForeign || m.Why != "not ours: it carries no mark" || m.Available != nil {
		c.t.Errorf("by hand: %+v", m)
	}
	for i, b := range p.Backends {
		asked := []float64{75, 25}[i]
		if b.Asked != asked || b.Measured == nil || *b.Measured != 100*connections[b.Name]/all || *b.Members != []int64{3, 1}[i] || *b.Ready != *b.Members {
			c.t.Errorf("backend: %+v, want %.0f asked, and %.2f measured", b, asked, 100*connections[b.Name]/all)
		}
	}
}

// sameEndpoints compares the members with the EndpointSlices.
func (c *canary) sameEndpoints(p page.Pool) {
	c.t.Helper()
	slices, err := c.cp.Client().DiscoveryV1().EndpointSlices(c.namespace).List(c.t.Context(), metav1.ListOptions{})
	must(c.t, err)
	found := 0
	for _, slice := range slices.Items {
		for _, e := range slice.Endpoints {
			for _, m := range p.Members {
				if m.Address != e.Addresses[0]+":8080" {
					continue
				}
				found++
				zone := ""
				if e.Zone != nil {
					zone = *e.Zone
				}
				if m.Pod != e.TargetRef.Name || m.Node != *e.NodeName || m.Zone != zone || m.Endpoint != "ready" || m.State != page.StateUp || m.Backend != slice.Labels["kubernetes.io/service-name"] {
					c.t.Errorf("%+v is not %+v", m, e)
				}
			}
		}
	}
	if found != 4 {
		c.t.Errorf("%d members have endpoints", found)
	}
}

func TestTheStatusTellsADrainAsItHappensAndWhatIsUnknownWhenTheDeviceIsSilent(t *testing.T) {
	t.Parallel()
	c := newCanary(t, 10*time.Minute)
	o := c.options("shop")
	o.Stats.Interval, o.Resync = time.Second, time.Second
	helper := c.follow(o)
	news := make(chan page.News, 100)
	helper.stream(news)
	var watched syncBuffer
	watching, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Status(watching, StatusOptions{Helper: helper.url(), Output: outputText, Watch: true, Getenv: environment(), Out: &watched, Log: &watched})
	}()
	must(t, c.cp.Scale(t.Context(), c.namespace, "blue", 2))
	s := helper.shown(func(s page.Status) bool { return strings.Contains(fmt.Sprint(s.Pools[0].Counts()), "draining 1") })
	var drain page.Member
	for _, m := range s.Pools[0].Members {
		if m.Drain != nil {
			drain = m
		}
	}
	if drain.Session != "disabled" || drain.Endpoint != "draining" || drain.Drain.Gone || drain.Why != "terminating and still serving: takes no new clients" {
		t.Errorf("%+v %+v", drain, drain.Drain)
	}
	told := ""
	for n := range news {
		if told += strings.Join(n.Told, "\n"); strings.Contains(told, "pod "+drain.Pod+" is terminating and still serving") {
			break
		}
	}
	eventually(t, func() bool { return strings.Contains(watched.String(), "waits for its pod to end") }, watched.String)
	stop()
	must(t, <-ended)

	must(t, c.sim.SetFaults([]control.Fault{{Path: "/", Status: 503, Body: `{"code":503,"message":"There is an active asynchronous task executing."}`}}))
	s = helper.shown(func(s page.Status) bool { return s.Device.Unread != nil })
	p := s.Pools[0]
	if s.Device.Counted != nil || p.CurrentConnections != nil || p.Members[0].Available != nil || p.Members[0].CurrentConnections != nil || p.Backends[0].Measured != nil || s.VirtualServers[0].Up != nil {
		t.Errorf("what cannot be known is told: %+v", s)
	}
	if len(p.Members) != 5 || s.VirtualServers[0].Path != "/shop/shop" {
		t.Errorf("what was read before is forgotten: %+v", s)
	}
}

func TestThePageIsForThosePageAuthLetsIn(t *testing.T) {
	t.Parallel()
	l := newLab(t, "shop")
	l.config = controlPlane.ControlPlane(t).KubeconfigT(t)
	cp := controlPlane.ControlPlane(t)
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte("secret\n"), 0o600))
	get := func(r *running, set func(*http.Request)) int {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url()+"status.json", nil)
		must(t, err)
		set(request)
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	o := l.options("shop")
	o.Page = PageOptions{Auth: authToken, TokenFile: file}
	helper := l.start(o)
	for want, set := range map[int]func(*http.Request){401: bearer("other"), 200: bearer("secret")} {
		if got := get(helper, set); got != want {
			t.Errorf("with a token: %d, want %d", got, want)
		}
	}
	if got := get(helper, func(r *http.Request) { r.SetBasicAuth("anybody", "secret") }); got != 200 {
		t.Errorf("from a browser: %d", got)
	}
	must(t, os.WriteFile(file, []byte("another"), 0o600))
	if got := get(helper, bearer("secret")); got != 401 {
		t.Errorf("with the token of before: %d", got)
	}
	var out bytes.Buffer
	must(t, Status(t.Context(), StatusOptions{Helper: helper.url(), TokenFile: file, Output: outputText, Getenv: environment(), Out: &out, Log: io.Discard}))
	if err := Status(t.Context(), StatusOptions{Helper: helper.url(), Output: outputText, Getenv: environment(), Out: &out, Log: io.Discard}); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: a token is needed") {
		t.Errorf("without a token: %v", err)
	}

	o = l.options("shop")
	o.Page.Auth = authKubernetes
	helper = l.start(o)
	for _, test := range []struct {
		token string
		want  int
	}{{"", 401}, {"unknown", 401}, {cp.Token("admin"), 200}, {cp.Token("viewer"), 403}} {
		if got := get(helper, bearer(test.token)); got != test.want {
			t.Errorf("with a token of %d characters: %d, want %d", len(test.token), got, test.want)
		}
	}
}
