package reconciler

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

// canary is a pool with two backends, blue with three pods and green with one, behind a
// virtual server with a policy that names a domain; what the pods answer is real.
type canary struct {
	*lab
	cp        *kubetest.ControlPlane
	namespace string
}

func newCanary(t *testing.T, terminating time.Duration) *canary {
	t.Helper()
	c := &canary{lab: newLab(t, "shop"), cp: controlPlane.ControlPlane(t)}
	c.namespace, c.config = c.cp.NamespaceT(t, "shop"), c.cp.KubeconfigT(t)
	for name, replicas := range map[string]int32{"blue": 3, "green": 1} {
		must(t, c.cp.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: c.namespace, Name: name, Replicas: replicas, Terminating: terminating}))
		must(t, c.cp.WaitReady(t.Context(), c.namespace, name, int(replicas)))
	}
	backends, err := c.cp.StartBackends(t.Context(), kubetest.BackendsOptions{Namespace: c.namespace, OnChange: c.sim.SetMembers})
	must(t, err)
	t.Cleanup(func() { _ = backends.Close() })
	c.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "shop", "partition": "shop", "loadBalancingMode": "ratio-member", "description": c.mark(3, 1)})
	c.rest(http.MethodPost, "ltm/pool/~shop~shop/members", map[string]any{"name": "192.0.2.9:80", "session": "user-disabled"}) // by hand
	c.rest(http.MethodPost, "ltm/pool", map[string]any{"name": "old", "partition": "shop"})
	rule := func(name, domain, pool string) map[string]any {
		return map[string]any{
			"name":       name,
			"conditions": []any{map[string]any{"name": "0", "httpHost": true, "host": true, "equals": true, "request": true, "values": []string{domain}}},
			"actions":    []any{map[string]any{"name": "0", "forward": true, "select": true, "request": true, "pool": pool}},
		}
	}
	c.rest(http.MethodPost, "ltm/policy", map[string]any{
		"name": "routes", "partition": "shop", "legacy": true, "strategy": "/Common/first-match", "controls": []string{"forwarding"}, "requires": []string{"http"},
		"rules": []any{rule("shop", "shop.example.com", "/shop/shop"), rule("old", "old.example.com", "/shop/old")},
	})
	c.rest(http.MethodPost, "ltm/virtual", map[string]any{
		"name": "shop", "partition": "shop", "destination": "/shop/192.0.2.80:80", "pool": "/shop/shop", "profiles": []string{"http", "tcp"},
		"policies": []any{map[string]any{"name": "routes", "partition": "shop"}},
	})
	return c
}

func (c *canary) mark(blue, green int) string {
	return fmt.Sprintf("[bigipkube/1 blue@%s/blue:http=%d green@%s/green:http=%d drain=1m]", c.namespace, blue, c.namespace, green)
}

// follow starts a helper, and waits until it has done its work.
func (c *canary) follow(o Options) *running {
	c.t.Helper()
	helper := c.start(o)
	eventually(c.t, func() bool { return len(c.members("shop", "shop")) == 5 }, func() string { return fmt.Sprint(c.members("shop", "shop")) })
	return helper
}

// counted are the statistics of the objects that a path shows, as the simulator answers.
func (l *lab) counted(path string) []map[string]any {
	l.t.Helper()
	var all []map[string]any
	entries, _ := l.rest(http.MethodGet, path, nil)["entries"].(map[string]any)
	for _, entry := range entries {
		of := map[string]any{}
		inner := entry.(map[string]any)["nestedStats"].(map[string]any)["entries"].(map[string]any)
		for name, value := range inner {
			v, _ := value.(map[string]any)
			if of[name] = v["value"]; of[name] == nil {
				of[name] = v["description"]
			}
		}
		all = append(all, of)
	}
	return all
}

// url is that of the helper's page.
func (r *running) url() string { return "http://" + r.metricsListener.Addr().String() + "/" }

func (r *running) status() page.Status {
	r.t.Helper()
	response, err := http.Get(r.url() + "status.json")
	must(r.t, err)
	defer response.Body.Close()
	var s page.Status
	if err := json.NewDecoder(response.Body).Decode(&s); err != nil || response.StatusCode != http.StatusOK {
		r.t.Fatalf("%d %v", response.StatusCode, err)
	}
	return s
}

// shown waits until the status is as asked.
func (r *running) shown(is func(page.Status) bool) page.Status {
	r.t.Helper()
	var s page.Status
	eventually(r.t, func() bool { s = r.status(); return is(s) }, func() string {
		text, _ := json.MarshalIndent(s, "", "  ")
		return string(text)
	})
	return s
}

// stream hears the news of the page.
func (r *running) stream(news chan<- page.News) {
	r.t.Helper()
	response, err := http.Get(r.url() + "events")
	must(r.t, err)
	r.t.Cleanup(func() { _ = response.Body.Close() })
	go func() {
		defer close(news)
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var n page.News
				if json.Unmarshal([]byte(data), &n) == nil {
					news <- n
				}
			}
		}
	}()
}

// printed is what "reconcile status" prints of the helper.
func (r *running) printed(output string) string {
	r.t.Helper()
	var out bytes.Buffer
	must(r.t, Status(r.t.Context(), StatusOptions{Helper: r.url(), Output: output, Getenv: environment(), Out: &out, Log: io.Discard}))
	return out.String()
}
