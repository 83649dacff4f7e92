package bigip_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// uploadsOf are the names that the device has in its folder of uploads.
func (l *lab) uploadsOf() string {
	l.t.Helper()
	answer := l.rest(http.MethodPost, "util/unix-ls", `{"command":"run","utilCmdArgs":"/var/config/rest/downloads"}`)
	text, _ := answer["commandResult"].(string)
	return strings.TrimSpace(text)
}

func TestASiteIsMadeChangedAndDeletedInOneTransactionEach(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	want, pairs := wholeSite(t)
	if live := l.site(want); !changeset.ComputeSite(ltm.Site{}, live).Empty() {
		t.Fatalf("there is %+v", live)
	}
	l.applySite(want, pairs)
	calls := l.calls()
	uploads := slices.DeleteFunc(slices.Clone(calls), func(c string) bool { return !strings.Contains(c, "uploads") })
	rest := slices.DeleteFunc(calls, func(c string) bool { return strings.Contains(c, "uploads") })
	wantText(t, rest, "POST transaction", "+POST sys/file/ssl-key", "+POST sys/file/ssl-cert", "+POST ltm/monitor/https", "+POST ltm/profile/client-ssl", "+POST ltm/profile/http",
		"+POST ltm/rule", "+POST ltm/pool", "+POST ltm/policy", "+POST ltm/virtual", "PATCH transaction/N", "POST util/unix-rm", "POST util/unix-rm")
	if len(uploads) != 4 { // both files, and both overwritten
		t.Errorf("uploads: %v", uploads)
	}
	l.wantSite(want)
	if left := l.uploadsOf(); left != "" {
		t.Errorf("left in the folder of uploads: %s", left)
	}

	// One rule that changes is the policy alone.
	changed := want.Canonical()
	changed.Policies[0].Rules = slices.Clone(want.Policies[0].Rules)
	changed.Policies[0].Rules[1].Description = "another owner"
	l.applySite(changed, nil)
	l.wantCalls("POST transaction", "+PATCH ltm/policy/~shop~203.0.113.10_443", "PATCH transaction/N")
	l.wantSite(changed)

	// All that can change in place, does.
	changed.ClientSSL[0].ServerName, changed.ClientSSL[0].Default, changed.ClientSSL[0].Description = "*.example.com", false, ""
	changed.HTTPProfiles[0].InsertXForwardedFor, changed.HTTPProfiles[0].Description = false, "words"
	changed.IRules[0].Definition = "when HTTP_REQUEST { }"
	changed.Monitors[0].Interval, changed.Monitors[0].Timeout, changed.Monitors[0].Send = 5, 6, `GET /\r\n`
	changed.Pools[0].LoadBalancingMode, changed.Pools[0].Description = "ratio-member", "mark"
	changed.Policies[0].Description, changed.Policies[0].Controls = "", []string{"forwarding"}
	changed.Policies[0].Rules = changed.Policies[0].Rules[1:]
	changed.VirtualServers[0].IRules, changed.VirtualServers[0].Description = nil, ""
	l.applySite(changed, nil)
	l.wantSite(changed)

	// A monitor of another type takes over before the old one goes.
	other := ltm.NewMonitor(ltm.MonitorTCP, ltm.NewPath("shop", "shop_api_8080_tcp"))
	old := changed.Monitors
	changed.Monitors, changed.Pools[0].Monitors.Monitors = []ltm.Monitor{other}, []ltm.Path{other.Path}
	l.calls()
	if err := l.ApplySite(t.Context(), changeset.ComputeSite(changed, l.site(want)), nil); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("POST transaction", "+POST ltm/monitor/tcp", "+PATCH ltm/pool/~shop~shop_api_8080", "+DELETE ltm/monitor/https/~shop~shop_api_8080_https", "PATCH transaction/N")
	l.wantSite(changed)
	back := changed.Canonical()
	back.Pools = slices.Clone(back.Pools)
	back.Monitors, back.Pools[0].Monitors.Monitors = old, []ltm.Path{apiMonitor}
	if err := l.ApplySite(t.Context(), changeset.ComputeSite(back, l.site(changed)), nil); err != nil {
		t.Fatal(err)
	}
	l.calls()

	if err := l.ApplySite(t.Context(), changeset.ComputeSite(ltm.Site{}, l.site(want)), nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, l.calls(), "POST transaction", "+DELETE ltm/virtual/~shop~203.0.113.10_443", "+DELETE ltm/policy/~shop~203.0.113.10_443",
		"+DELETE ltm/pool/~shop~shop_api_8080", "+DELETE ltm/rule/~shop~respond", "+DELETE ltm/profile/http/~shop~http_xff",
		"+DELETE ltm/profile/client-ssl/~shop~shop_web-tls", "+DELETE ltm/monitor/https/~shop~shop_api_8080_https", "+DELETE sys/file/ssl-cert/~shop~shop_web-tls", "+DELETE sys/file/ssl-key/~shop~shop_web-tls",
		"PATCH transaction/N", "GET ltm/node/~shop~10.0.0.1", "GET ltm/node/~shop~10.0.0.2", "DELETE ltm/node/~shop~10.0.0.1", "DELETE ltm/node/~shop~10.0.0.2")
	if live := l.site(want); !changeset.ComputeSite(ltm.Site{}, live).Empty() || len(l.nodes()) != 0 {
		t.Errorf("left: %+v, nodes %v", live, l.nodes())
	}
}

func wantText(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestACertificateIsReplacedWithItsKeyAndARenewalWithoutIt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	want, pairs := wholeSite(t)
	l.applySite(want, pairs)
	var pair ltm.KeyPair
	want.Certificates[0], pair = keyPair(t, certificate, "shop.example.com")
	l.calls()
	l.applySite(want, map[ltm.Path]ltm.KeyPair{certificate: pair})
	calls := slices.DeleteFunc(l.calls(), func(c string) bool { return strings.Contains(c, "uploads") || strings.Contains(c, "unix-rm") })
	wantText(t, calls, "POST transaction", "+PATCH sys/file/ssl-key/~shop~shop_web-tls", "+PATCH sys/file/ssl-cert/~shop~shop_web-tls", "PATCH transaction/N")
	l.wantSite(want)

	// The key of another one is refused by the device, and the pair that is there stays.
	_, other := keyPair(t, certificate, "shop.example.com")
	wrong := want.Canonical()
	wrong.Certificates[0].KeyChecksum = checksum([]byte(other.Key.Reveal()))
	err := l.ApplySite(t.Context(), changeset.ComputeSite(wrong, l.site(want)), map[ltm.Path]ltm.KeyPair{certificate: {Certificate: pair.Certificate, Key: other.Key}})
	if failure, ok := errors.AsType[*engine.DeviceError](err); !ok || !errors.Is(err, engine.ErrRefused) || failure.Unsure {
		t.Errorf("got %v", err)
	}
	if strings.Contains(fmt.Sprint(err), "PRIVATE KEY") {
		t.Error("the error shows the key")
	}
	l.wantSite(want)
	if left := l.uploadsOf(); left != "" {
		t.Errorf("left in the folder of uploads after a refusal: %s", left)
	}
}

func TestAnUploadLargerThanAChunkArrivesWhole(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	cert, pair := keyPair(t, certificate, "shop.example.com")
	pair.Certificate = append(pair.Certificate, []byte(strings.Repeat("# padding of a long chain\n", 40000))...)
	cert.CertificateChecksum = checksum(pair.Certificate)
	want := ltm.Site{Certificates: []ltm.Certificate{cert}}
	l.applySite(want, map[ltm.Path]ltm.KeyPair{certificate: pair})
	l.wantSite(want)
}

func TestAFailureOfASiteNamesTheObjectThatIsToBlame(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	want, pairs := wholeSite(t)
	fresh := func(change func(*ltm.Site)) changeset.SiteChange {
		site := want.Canonical()
		change(&site)
		return changeset.ComputeSite(site, ltm.Site{})
	}
	for name, test := range map[string]struct {
		change changeset.SiteChange
		pairs  map[ltm.Path]ltm.KeyPair
		kind   error
		object string
	}{
		"a pool that is not there": {
			fresh(func(s *ltm.Site) { s.Pools = nil }), pairs, engine.ErrRefused, "",
		},
		"a partition that is not there": {
			changeset.ComputeSite(ltm.Site{Pools: []ltm.Pool{ltm.NewPool(ltm.NewPath("nowhere", "p"))}}, ltm.Site{}), nil, engine.ErrNoPartition, "pool /nowhere/p",
		},
		"an iRule that does not compile": {
			fresh(func(s *ltm.Site) {
				s.IRules[0].Definition = "when HTTP_REQUEST { pool /shop/none }"
			}), pairs, engine.ErrRefused, "iRule /shop/respond",
		},
		"a certificate without its content": {fresh(func(*ltm.Site) {}), nil, engine.ErrRefused, "the objects of the routes"},
		"an action without words": {
			fresh(func(s *ltm.Site) {
				s.Policies[0].Rules = []ltm.PolicyRule{{Name: "r", Actions: []ltm.PolicyAction{{Kind: "dance"}}}}
			}), pairs, engine.ErrRefused, "the objects of the routes",
		},
		"a policy that is gone": {
			changeset.ComputeSite(ltm.Site{Policies: []ltm.Policy{{Path: edge, Description: "b"}}}, ltm.Site{Policies: []ltm.Policy{{Path: edge, Description: "a"}}}),
			nil, engine.ErrNotFound, "policy /shop/203.0.113.10_443",
		},
	} {
		err := l.ApplySite(t.Context(), test.change, test.pairs)
		failure, ok := errors.AsType[*engine.DeviceError](err)
		if !ok || !errors.Is(err, test.kind) || failure.Unsure || test.object != "" && failure.Object != test.object {
			t.Errorf("%s: got %v", name, err)
		}
		if live := l.site(want); !changeset.ComputeSite(ltm.Site{}, live).Empty() {
			t.Errorf("%s: a refusal has made %+v", name, live)
		}
	}
}

func TestASiteThatNoLongerFitsTellsSo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	pool := ltm.NewPool(api)
	create := changeset.ComputeSite(ltm.Site{Pools: []ltm.Pool{pool}}, ltm.Site{})
	l.create(pool)
	err := l.ApplySite(t.Context(), create, nil)
	if failure, ok := errors.AsType[*engine.DeviceError](err); !ok || !failure.Raced || !errors.Is(err, engine.ErrExists) || failure.Object != "pool /shop/shop_api_8080" {
		t.Errorf("got %v", err)
	}
}

func TestTheReadsOfASiteDoNotGrowWithItsObjects(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	site := manyRoutes(60, 5)
	l.applySite(site, nil)
	calls := func(read func() (ltm.Site, error)) int {
		t.Helper()
		l.sim.ClearRequests()
		live, err := read()
		if err != nil || !changeset.ComputeSite(site, live).Empty() {
			t.Fatalf("%v, %s", err, changeset.ComputeSite(site, live))
		}
		return len(l.calls())
	}
	if n := calls(func() (ltm.Site, error) { return l.Site(t.Context(), site.Paths()) }); n > 3 {
		t.Errorf("a site of %d pools and %d rules took %d requests", len(site.Pools), len(site.Policies[0].Rules), n)
	}
	// What is not there is known from the pages too.
	none := ltm.SitePaths{}
	for i := range 50 {
		none.Pools = append(none.Pools, ltm.NewPath("shop", fmt.Sprint("none", i)))
	}
	l.sim.ClearRequests()
	if live, err := l.Site(t.Context(), none); err != nil || len(live.Pools) != 0 || len(l.calls()) != 1 {
		t.Errorf("%+v, %v", live, err)
	}
	// A refresh of many who share a policy reads it once.
	reads := l.Reads()
	l.sim.ClearRequests()
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			paths := ltm.SitePaths{Pools: []ltm.Path{site.Pools[i].Path}, Policies: site.Paths().Policies}
			if live, err := reads.Site(t.Context(), paths); err != nil || len(live.Pools) != 1 || len(live.Policies) != 1 {
				t.Errorf("%+v, %v", live, err)
			}
		})
	}
	all.Wait()
	policies := slices.DeleteFunc(l.calls(), func(c string) bool { return !strings.Contains(c, "ltm/policy") })
	if len(policies) != 1 {
		t.Errorf("one policy was read by %v", policies)
	}
	// That an object is not there is asked once, too: one reader comes after the other.
	l.sim.ClearRequests()
	for range 20 {
		missing := ltm.SitePaths{ClientSSL: []ltm.Path{ltm.NewPath("shop", "none")}}
		if live, err := reads.Site(t.Context(), missing); err != nil || len(live.ClientSSL) != 0 {
			t.Errorf("%+v, %v", live, err)
		}
	}
	if calls := l.calls(); len(calls) != 1 {
		t.Errorf("what is not there was read by %v", calls)
	}
	// And again after a change of this process.
	changed := site.Canonical()
	changed.Policies[0].Description = "words"
	l.applySite(changed, nil)
	if live, err := reads.Site(t.Context(), ltm.SitePaths{Policies: site.Paths().Policies}); err != nil || live.Policies[0].Description != "words" {
		t.Errorf("%+v, %v", live.Policies, err)
	}
}

// manyRoutes is a policy with some rules for each of many pools.
func manyRoutes(pools, rules int) ltm.Site {
	site := ltm.Site{Policies: []ltm.Policy{{Path: edge, Controls: []string{"forwarding"}, Requires: []string{"http"}}}}
	for i := range pools {
		path := ltm.NewPath("shop", fmt.Sprintf("pool%03d", i))
		site.Pools = append(site.Pools, ltm.NewPool(path))
		for j := range rules {
			site.Policies[0].Rules = append(site.Policies[0].Rules, ltm.PolicyRule{
				Name: fmt.Sprintf("%s-%d", path.Name, j),
				Conditions: []ltm.PolicyCondition{
					{Operand: "httpHost", Selector: "host", Operator: "equals", Values: []string{fmt.Sprintf("h%d.example.com", i)}},
					{Operand: "httpUri", Selector: "path", Operator: "startsWith", CaseSensitive: true, Values: []string{fmt.Sprintf("/p%d/", j)}},
				},
				Actions: []ltm.PolicyAction{{Kind: ltm.Forward, Pool: path}},
			})
		}
	}
	return site.Canonical()
}

func TestAPolicyWithWordsThatAreNotKnownIsNotOverwritten(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for name, rule := range map[string]string{
		"condition 0: this release does not know cpuUsage": `{"name":"r","conditions":[{"name":"0","cpuUsage":true,"last_1min":true,"greater":true,"values":["5"]}]}`,
		"action 0: this release does not know log, write":  `{"name":"r","actions":[{"name":"0","log":true,"write":true}]}`,
	} {
		l.post("ltm/policy", `{"name":"theirs","partition":"shop","legacy":true,"rules":[`+rule+`]}`)
		_, err := l.Site(t.Context(), ltm.SitePaths{Policies: []ltm.Path{ltm.NewPath("shop", "theirs")}})
		if !errors.Is(err, engine.ErrRefused) || !strings.Contains(err.Error(), strings.Split(name, " know ")[0]) {
			t.Errorf("got %v\nwant %s", err, name)
		}
		if err := l.client.Policies().Delete(t.Context(), "/shop/theirs"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAUserWhoMayNotUploadIsToldSo(t *testing.T) {
	t.Parallel()
	l := newLab(t, bigipsim.User{Name: "manager", Password: "secret", Role: bigipsim.RoleManager})
	device, _ := l.login("manager", "secret", givesUpSoon)
	want, pairs := wholeSite(t)
	err := device.ApplySite(t.Context(), changeset.ComputeSite(want, ltm.Site{}), pairs)
	if failure, ok := errors.AsType[*engine.DeviceError](err); !ok || failure.Verb != "upload" || failure.Object != "key /shop/shop_web-tls" || !errors.Is(err, engine.ErrForbidden) {
		t.Errorf("got %v", err)
	}
	want.Certificates, want.ClientSSL = nil, nil
	want.VirtualServers[0].Profiles = want.VirtualServers[0].Profiles[:2]
	if err := device.ApplySite(t.Context(), changeset.ComputeSite(want, ltm.Site{}), nil); err != nil {
		t.Errorf("without a certificate: %v", err)
	}
	l.wantSite(want)
}

func TestOneRunHoldsWhatAnotherWaitsFor(t *testing.T) {
	t.Parallel()
	d := bigip.New(nil, "lab", nil)
	a, b, c := ltm.NewPath("shop", "a"), ltm.NewPath("shop", "b"), ltm.NewPath("shop", "c")
	release, err := d.Hold(t.Context(), []ltm.Path{b, a, b})
	if err != nil {
		t.Fatal(err)
	}
	other, err := d.Hold(t.Context(), []ltm.Path{c})
	if err != nil {
		t.Fatal(err)
	}
	other()
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := d.Hold(short, []ltm.Path{c, a}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("what is held was given away: %v", err)
	}
	got := make(chan error)
	go func() {
		next, err := d.Hold(t.Context(), []ltm.Path{a, c}) // c was let go by the one who gave up
		if err == nil {
			next()
		}
		got <- err
	}()
	release()
	release() // twice is once
	if err := <-got; err != nil {
		t.Error(err)
	}
}
