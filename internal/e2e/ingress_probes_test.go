package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// monitors are those of the shop on the device, by type and name without the namespace.
func (s *site) monitors(t *testing.T) string {
	t.Helper()
	var names []string
	for _, kind := range []string{"http", "https", "tcp"} {
		var list struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
		}
		must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/monitor/"+kind+"?$filter=partition+eq+shop", nil, &list))
		for _, m := range list.Items {
			names = append(names, kind+" "+strings.TrimPrefix(m.Name, s.namespace+"_"))
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func TestAPodWhoseProbeFailsOnTheDeviceGetsNoRequestThoughTheKubeletCallsItReady(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.terraform.Vars["monitors_from_probes"] = true
	web := kubetest.DeploymentSpec{Namespace: s.namespace, Name: "web", Replicas: 2, Colour: "web", ReadinessProbe: kubetest.HTTPProbe("/healthz", "http")}
	must(t, s.Cluster.Deploy(t.Context(), web))
	pods := s.rolled(t, "web", 2)
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	if got, want := s.monitors(t), "http web_http_http"; got != want {
		t.Errorf("there are the monitors %q, want %q", got, want)
	}

	sick := s.namespace + "/" + pods[0]
	s.Backends.Set(s.namespace, pods[0], kubetest.Behaviour{Unhealthy: true})
	took := func(requests int) int64 {
		before := s.Backends.Requests()[sick]
		for range requests {
			s.wants(t, "https://shop.example.com/", "web")
		}
		return s.Backends.Requests()[sick] - before
	}
	awaitTrue(t, func() bool { return took(4) == 0 }, func() string { return "the sick pod goes on getting requests" })
	if n := took(40); n != 0 {
		t.Errorf("the sick pod got %d of 40 requests", n)
	}
	s.Backends.Set(s.namespace, pods[0], kubetest.Behaviour{})
	awaitTrue(t, func() bool { return took(4) > 0 }, func() string { return "the pod is well again and gets no request" })

	// A probe of another kind comes with new pods, and is another monitor.
	web.ReadinessProbe = kubetest.TCPProbe("http")
	must(t, s.Cluster.Deploy(t.Context(), web))
	s.rolled(t, "web", 2)
	s.follow(t, "web_http_tcp", "1 to change")
	if got, want := s.monitors(t), "tcp web_http_tcp"; got != want {
		t.Errorf("there are the monitors %q, want %q", got, want)
	}
	s.wants(t, "https://shop.example.com/", "web")

	_, err = s.terraform.Destroy(t.Context())
	must(t, err)
	if got := s.monitors(t); got != "" {
		t.Errorf("the destroy leaves the monitors %s", got)
	}
}

// rolled waits until the pods of a Deployment are those of its last version, and ready, and
// names them.
func (s *site) rolled(t *testing.T, deployment string, replicas int) (names []string) {
	t.Helper()
	awaitTrue(t, func() bool {
		d, err := s.Cluster.Client().AppsV1().Deployments(s.namespace).Get(t.Context(), deployment, metav1.GetOptions{})
		must(t, err)
		return d.Status.ObservedGeneration == d.Generation && int(d.Status.UpdatedReplicas) == replicas && int(d.Status.AvailableReplicas) == replicas && int(d.Status.Replicas) == replicas
	}, func() string { return deployment + " is not rolled out" })
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, deployment)
	must(t, err)
	var addresses []string
	for _, pod := range pods {
		if pod.DeletionTimestamp == nil {
			names, addresses = append(names, pod.Name), append(addresses, pod.Status.PodIP+":8080")
		}
	}
	must(t, s.Cluster.WaitReady(t.Context(), s.namespace, deployment, replicas))
	must(t, s.Backends.Wait(t.Context(), addresses...))
	return names
}
