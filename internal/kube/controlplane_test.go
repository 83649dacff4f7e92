package kube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// These tests ask the real API server, whose EndpointSlices the real controller wrote.
var cluster = kubetest.Shared{Options: kubetest.Options{Users: []string{"reader", "half", "pods", "nodes", "narrow", "router", "told", "classless", "edge-only", "no-pods"}}}

func TestMain(m *testing.M) { os.Exit(cluster.Main(m)) }

func as(cp *kubetest.ControlPlane, user string) Config {
	return Config{Host: cp.URL(), ClusterCACertificate: string(cp.CAData()), Token: Secret(cp.Token(user))}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// states are the endpoints of a snapshot as "address ready/serving/terminating pod", sorted.
func states(t *testing.T, snapshot endpoints.Snapshot) []string {
	t.Helper()
	condition := func(b *bool) string {
		if b == nil {
			return "?"
		}
		return fmt.Sprint(*b)[:1]
	}
	var out []string
	for _, s := range snapshot.Slices {
		for _, e := range s.Endpoints {
			out = append(out, fmt.Sprintf("%s %s%s%s %s", e.Addresses[0], condition(e.Ready), condition(e.Serving), condition(e.Terminating), e.Pod))
		}
	}
	slices.Sort(out)
	return out
}

// want are the states of pods of which some are not ready.
func want(pods []corev1.Pod, notReady ...string) []string {
	var out []string
	for _, pod := range pods {
		state := "ttf"
		if slices.Contains(notReady, pod.Name) {
			state = "fff"
		}
		out = append(out, fmt.Sprintf("%s %s %s", pod.Status.PodIP, state, pod.Name))
	}
	slices.Sort(out)
	return out
}

func TestAServiceAndItsPodsAreReadAsTheyAre(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 3, Ports: []kubetest.Port{
		{Name: "http", ContainerPort: 8080, ServicePort: 80}, {Name: "admin", ContainerPort: 9090},
	}}))
	check(t, cp.WaitReady(ctx, ns, "web", 3))
	source := newSource(t, Config{ConfigPath: cp.KubeconfigT(t)}, time.Minute)
	read := func() endpoints.Snapshot {
		t.Helper()
		snapshot, err := source.Snapshot(ctx, endpoints.Ref{Namespace: ns, Service: "web"})
		check(t, err)
		return snapshot
	}
	pods := func() []corev1.Pod {
		t.Helper()
		pods, err := cp.Pods(ctx, ns, "web")
		check(t, err)
		return pods
	}

	snapshot := read()
	wantSnapshot := endpoints.Snapshot{
		Found:  true,
		Family: endpoints.IPv4,
		Ports: []endpoints.ServicePort{
			{Name: "http", Number: 80, TargetPort: "http", Protocol: "TCP"}, {Name: "admin", Number: 9090, TargetPort: "admin", Protocol: "TCP"},
		},
		Slices: []endpoints.Slice{{Family: endpoints.IPv4, Ports: []endpoints.SlicePort{
			{Name: "admin", Number: 9090, Protocol: "TCP"}, {Name: "http", Number: 8080, Protocol: "TCP"},
		}}},
	}
	if diff := cmp.Diff(wantSnapshot, snapshot, cmpopts.IgnoreFields(endpoints.Slice{}, "Name", "Endpoints"),
		cmpopts.SortSlices(func(a, b endpoints.SlicePort) bool { return a.Name < b.Name })); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(want(pods()), states(t, snapshot)); diff != "" {
		t.Errorf("three pods: -want +got\n%s", diff)
	}
	if node := snapshot.Slices[0].Endpoints[0].Node; node != kubetest.NodeName(0) {
		t.Errorf("the node is %q", node)
	}

	check(t, cp.Scale(ctx, ns, "web", 5))
	check(t, cp.WaitReady(ctx, ns, "web", 5))
	if diff := cmp.Diff(want(pods()), states(t, read())); diff != "" {
		t.Errorf("five pods: -want +got\n%s", diff)
	}

	ill := pods()[0].Name
	check(t, cp.SetReady(ctx, ns, ill, false))
	_, err := cp.WaitEndpoints(ctx, ns, "web", func(e kubetest.Endpoints) bool { return len(e.Ready) == 4 })
	check(t, err)
	if diff := cmp.Diff(want(pods(), ill), states(t, read())); diff != "" {
		t.Errorf("one is not ready: -want +got\n%s", diff)
	}
}

func TestATerminatingPodStillServes(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 1, Terminating: time.Hour}))
	check(t, cp.WaitReady(ctx, ns, "web", 1))
	check(t, cp.Scale(ctx, ns, "web", 0))
	_, err := cp.WaitEndpoints(ctx, ns, "web", func(e kubetest.Endpoints) bool { return len(e.Terminating) == 1 })
	check(t, err)
	snapshot, err := newSource(t, as(cp, "admin"), time.Minute).Snapshot(ctx, endpoints.Ref{Namespace: ns, Service: "web"})
	check(t, err)
	if got := states(t, snapshot); len(got) != 1 || !strings.Contains(got[0], " ftt ") {
		t.Errorf("got %v, want one that isn't ready, serves, and terminates", got)
	}
}

func TestServicesOfOtherKinds(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	source := newSource(t, as(cp, "viewer"), time.Minute)
	create := func(name string, spec corev1.ServiceSpec) endpoints.Ref {
		t.Helper()
		_, err := cp.Client().CoreV1().Services(ns).Create(ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
		check(t, err)
		return endpoints.Ref{Namespace: ns, Service: name}
	}
	port := []corev1.ServicePort{{Port: 80}}

	t.Run("one that is not there is not found", func(t *testing.T) {
		snapshot, err := source.Snapshot(ctx, endpoints.Ref{Namespace: ns, Service: "none"})
		check(t, err)
		if snapshot.Found {
			t.Error("found")
		}
	})
	t.Run("nor is one in a namespace that is not there", func(t *testing.T) {
		snapshot, err := source.Snapshot(ctx, endpoints.Ref{Namespace: "none", Service: "none"})
		check(t, err)
		if snapshot.Found {
			t.Error("found")
		}
	})
	t.Run("an alias has no endpoints", func(t *testing.T) {
		_, err := source.Snapshot(ctx, create("alias", corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "db.example"}))
		var alias *ExternalNameError
		if !errors.As(err, &alias) || alias.Target != "db.example" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("one without a selector has the slices that were written for it", func(t *testing.T) {
		ref := create("manual", corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: port})
		writeSlice(t, cp, ref, "manual-1", "192.0.2.1")
		snapshot, err := source.Snapshot(ctx, ref)
		check(t, err)
		if diff := cmp.Diff([]string{"192.0.2.1 ??? "}, states(t, snapshot)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
	t.Run("one with more slices than a page has all of them", func(t *testing.T) {
		ref := create("many", corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: port})
		var addresses []string
		for i := range 7 {
			address := fmt.Sprintf("192.0.2.%d", i+1)
			writeSlice(t, cp, ref, fmt.Sprintf("many-%d", i), address)
			addresses = append(addresses, address+" ??? ")
		}
		paged := newSource(t, as(cp, "viewer"), time.Minute)
		paged.pageSize = 2
		snapshot, err := paged.Snapshot(ctx, ref)
		check(t, err)
		if diff := cmp.Diff(addresses, states(t, snapshot)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func writeSlice(t *testing.T, cp *kubetest.ControlPlane, ref endpoints.Ref, name, address string) {
	t.Helper()
	_, err := cp.Client().DiscoveryV1().EndpointSlices(ref.Namespace).Create(t.Context(), &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: ref.Service}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Port: new(int32(80))}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{address}}},
	}, metav1.CreateOptions{})
	check(t, err)
}

func TestTheRightsThatAreMissingAreNamed(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 1}))
	getServices := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"services"}}
	listSlices := rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}}
	check(t, cp.Grant(ctx, "half", getServices))
	check(t, cp.Grant(ctx, "reader", getServices, listSlices))

	prefix := "Service " + ns + "/web on " + cp.URL() + ": "
	for name, tt := range map[string]struct {
		user, want, verb, resource string
	}{
		"no rights at all": {"nobody", "get " + prefix + `not allowed: services "web" is forbidden: User "nobody" cannot get resource "services" in API group "" in the namespace "` + ns + `"`, "get", "services"},
		"half of them":     {"half", "list EndpointSlices of " + prefix + `not allowed: endpointslices.discovery.k8s.io is forbidden: User "half" cannot list resource "endpointslices" in API group "discovery.k8s.io" in the namespace "` + ns + `"`, "list", "endpointslices"},
		"both":             {"reader", "<nil>", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newSource(t, as(cp, tt.user), time.Minute).Snapshot(ctx, endpoints.Ref{Namespace: ns, Service: "web"})
			if diff := cmp.Diff(tt.want, fmt.Sprint(err)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if err == nil {
				return
			}
			var failure *Error
			if !errors.As(err, &failure) || !errors.Is(err, engine.ErrForbidden) || failure.Verb != tt.verb || failure.Resource != tt.resource {
				t.Errorf("got %#v", failure)
			}
		})
	}
}

func TestARealAPIServerRefusesAndIsRefused(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	nobody := closedPort(t)

	change := func(f func(*Config)) Config {
		config := as(cp, "viewer")
		f(&config)
		return config
	}
	on := "get Service shop/web on " + cp.URL() + ": "
	for name, tt := range map[string]struct {
		config Config
		kind   error
		want   string
	}{
		"an unknown token":   {change(func(c *Config) { c.Token = "s3cret" }), engine.ErrCredentials, on + "credentials are refused: Unauthorized"},
		"no token":           {change(func(c *Config) { c.Token = "" }), engine.ErrCredentials, on + "credentials are refused: Unauthorized"},
		"an unknown CA":      {change(func(c *Config) { c.ClusterCACertificate = newAuthority(t).pem }), engine.ErrCertificate, on + "certificate is not trusted: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"nobody at the port": {change(func(c *Config) { c.Host = "https://" + nobody }), engine.ErrUnreachable, "get Service shop/web on https://" + nobody + ": cannot be reached: dial tcp " + nobody + ": connect: connection refused"},
		"http for https":     {Config{Host: strings.Replace(cp.URL(), "https", "http", 1)}, ErrNotKubernetes, strings.Replace(on, "https", "http", 1) + "the answer is not that of a Kubernetes API server: \"Client sent an HTTP request to an HTTPS server.\""},
		"a wrong path":       {change(func(c *Config) { c.Host += "/east" }), engine.ErrForbidden, strings.Replace(on, ": ", "/east: ", 1) + `not allowed: forbidden: User "viewer" cannot get path "/east/api/v1/namespaces/shop/services/web"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newSource(t, tt.config, time.Minute).Snapshot(ctx, shopWeb)
			if !errors.Is(err, tt.kind) || !errors.Is(err, engine.ErrSource) {
				t.Errorf("the error is of another kind: %v", err)
			}
			if diff := cmp.Diff(tt.want, fmt.Sprint(err)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestARealAPIServerTakesTheCommandsToken(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	command := script(t, printToken)
	command.Env = map[string]Secret{"TOKEN_END": Secret(cp.Token("viewer"))}
	if _, err := newSource(t, withExec(as(cp, "viewer"), command), time.Minute).Snapshot(ctx, shopWeb); err != nil {
		t.Error(err)
	}
}

func TestAClientCertificateLogsInUntilTheServerStops(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cp := kubetest.StartT(t, kubetest.Options{ExtraArgs: map[string][]string{
		kubetest.APIServer: {"--client-ca-file=" + writeFile(t, ca.pem)},
	}})
	ctx := testContext(t)
	login := func(user string) *Source {
		certificate, key := ca.client(t, user)
		return newSource(t, Config{
			Host: cp.URL(), ClusterCACertificate: string(cp.CAData()), ClientCertificate: certificate, ClientKey: Secret(key),
		}, time.Minute)
	}
	source := login("viewer")
	if _, err := source.Snapshot(ctx, shopWeb); err != nil {
		t.Errorf("viewer: %v", err)
	}
	_, err := login("eve").Snapshot(ctx, shopWeb)
	if !errors.Is(err, engine.ErrForbidden) || !strings.Contains(err.Error(), `User "eve" cannot get resource "services"`) {
		t.Errorf("eve: %v", err)
	}

	check(t, cp.Process(kubetest.APIServer).Stop(ctx))
	_, err = source.Snapshot(ctx, shopWeb)
	if !errors.Is(err, engine.ErrUnreachable) {
		t.Errorf("stopped: %v", err)
	}
	check(t, cp.Process(kubetest.APIServer).Start(ctx))
	if _, err := source.Snapshot(ctx, shopWeb); err != nil {
		t.Errorf("started again: %v", err)
	}
}
