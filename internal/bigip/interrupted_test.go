package bigip_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// through is the lab's device behind something that sees each request before the
// device gets it, and each once the device has answered it.
func (l *lab) through(before, after func(r *http.Request)) *bigip.Device {
	l.t.Helper()
	target, err := url.Parse(l.sim.ManagementURL())
	if err != nil {
		l.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(l.sim.CAPEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	l.t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		ErrorLog:       log.New(io.Discard, "", 0), // that somebody left is what the test is about
		ModifyResponse: func(resp *http.Response) error { after(resp.Request); return nil },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before(r)
		proxy.ServeHTTP(w, r)
	}))
	l.t.Cleanup(server.Close)
	client, err := icontrol.New(icontrol.Config{Address: server.URL, Username: "admin", Password: "admin"})
	if err != nil {
		l.t.Fatal(err)
	}
	return bigip.New(client, "lab", nil)
}

// TestAnApplyThatIsInterruptedAfterItsRemovalsLeavesNoNodeBehind ends the context at
// the worst moments: nobody would know afterwards whose the nodes were.
func TestAnApplyThatIsInterruptedAfterItsRemovalsLeavesNoNodeBehind(t *testing.T) {
	t.Parallel()
	one, two, three := member(t, "10.0.0.1:80"), member(t, "10.0.0.2:80"), member(t, "10.0.0.3:80")
	leaves := func(rest ...string) func(context.Context, *bigip.Device) error {
		want := pool(t)
		for _, key := range rest {
			want.Members = append(want.Members, member(t, key))
		}
		return func(ctx context.Context, d *bigip.Device) error {
			return d.ApplyPool(ctx, changeset.Compute(want, pool(t, one, two, three)))
		}
	}
	deletePool := func(ctx context.Context, d *bigip.Device) error { return d.DeletePool(ctx, web) }
	never := func(*http.Request) bool { return false }
	is := func(method, part string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, part) }
	}
	for name, test := range map[string]struct {
		write         func(context.Context, *bigip.Device) error
		before, after func(*http.Request) bool // when the context ends
		nodes         int
	}{
		"before the node is looked at":       {leaves("10.0.0.1:80", "10.0.0.2:80"), is("GET", "/ltm/node/"), never, 2},
		"before the node is deleted":         {leaves("10.0.0.1:80", "10.0.0.2:80"), is("DELETE", "/ltm/node/"), never, 2},
		"while a member is removed":          {leaves("10.0.0.1:80", "10.0.0.2:80"), never, is("DELETE", "/members/"), 2},
		"while several are removed":          {leaves("10.0.0.1:80"), never, is("PATCH", "/transaction/"), 1},
		"before the first of several nodes":  {leaves("10.0.0.1:80"), is("DELETE", "/ltm/node/"), never, 1},
		"while the pool is deleted":          {deletePool, never, is("DELETE", "/ltm/pool/~shop~web"), 0},
		"before the nodes of a deleted pool": {deletePool, is("DELETE", "/ltm/node/"), never, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.create(pool(t, one, two, three))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ends := func(when func(*http.Request) bool) func(*http.Request) {
				return func(r *http.Request) {
					if when(r) {
						cancel()
					}
				}
			}
			err := test.write(ctx, l.through(ends(test.before), ends(test.after)))
			if ctx.Err() == nil {
				t.Fatal("the context did not end")
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want none or the end of the context", err)
			}
			if got := l.nodes(); len(got) != test.nodes {
				t.Errorf("the device has the nodes %v, want %d", got, test.nodes)
			}
		})
	}
}

// TestACommitThatArrivesAfterItsApplyWasInterruptedChangesNothing holds the commit back
// until the apply has returned: a change that came later would leave its nodes behind,
// and what the next run has read would no longer be true.
func TestACommitThatArrivesAfterItsApplyWasInterruptedChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	site, keys := servingSite(t, ltm.NewPath("shop", "blue"), member(t, "10.0.0.1:80"), ltm.MonitorHTTP)
	if err := l.ApplySite(t.Context(), changeset.ComputeSite(site, ltm.Site{}), keys); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	returned, forwarded := make(chan struct{}), make(chan struct{})
	isCommit := func(r *http.Request) bool {
		return r.Method == http.MethodPatch && strings.HasPrefix(r.URL.Path, "/mgmt/tm/transaction/")
	}
	device := l.through(func(r *http.Request) {
		if !isCommit(r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		cancel()
		<-returned
		onItsWay, done := context.WithCancel(context.WithoutCancel(r.Context()))
		t.Cleanup(done)
		*r = *r.WithContext(onItsWay)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}, func(r *http.Request) {
		if isCommit(r) {
			close(forwarded)
		}
	})
	err := device.ApplySite(ctx, changeset.ComputeSite(ltm.Site{}, site), nil)
	close(returned)
	<-forwarded
	live, readErr := l.Site(t.Context(), site.Paths())
	if err == nil || readErr != nil || !changeset.ComputeSite(site, live).Empty() {
		t.Errorf("the apply ended with %v, and afterwards there is %s (%v)", err, changeset.ComputeSite(site, live), readErr)
	}
}
