package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestADeviceWithBadLuckCostsNoRequestAndNoSecondApply(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	// A create whose answer is lost is found out, not repeated blindly.
	s.faults(t, map[string]any{"method": "POST", "path": "/ltm/(pool|virtual)$", "commit_then_drop": true, "count": 2})
	s.apply(t, 100, 0)

	const gone = `{"code":401,"message":"X-F5-Auth-Token does not exist.","referer":"127.0.0.1","restOperationId":1,"kind":":resterrorresponse"}`
	const busy = `{"code":503,"message":"There is an active asynchronous task executing.","errorStack":[],"apiError":32964609}`
	const lost = `{"code":500,"message":"The connection to mcpd has been lost, try again.","errorStack":[],"apiError":32768001}`
	shares := [2]int{100, 0}
	for _, test := range []struct {
		name  string
		fault map[string]any
	}{
		{"the token is gone in mid-run", map[string]any{"method": "PATCH", "path": "/members/", "status": 401, "body": gone, "skip": 2, "count": 1}},
		{"busy for a while", map[string]any{"path": "/mgmt/tm", "status": 503, "body": busy, "skip": 3, "count": 4}},
		{"restarting", map[string]any{"path": "/mgmt/tm", "status": 503, "body": "<html>restarting...</html>", "content_type": "text/html", "count": 3}},
		{"the connection to mcpd is lost", map[string]any{"path": "/mgmt/tm/ltm", "status": 500, "body": lost, "skip": 1, "count": 2}},
		{"the answer of the commit is lost", map[string]any{"method": "PATCH", "path": "/mgmt/tm/transaction/", "commit_then_drop": true, "count": 1}},
		{"a read is dropped", map[string]any{"method": "GET", "path": "/mgmt/tm/ltm/pool", "drop": true, "skip": 1, "count": 1}},
	} {
		s.faults(t, test.fault)
		shares[0], shares[1] = shares[1], shares[0]
		phase := s.during(t, test.name, 100, func() {
			s.share(shares[0], shares[1])
			if _, err := s.terraform.Apply(t.Context()); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
		})
		var journal []struct {
			Status int  `json:"status"` // 0: the connection was dropped
			Fault  bool `json:"fault"`
		}
		must(t, s.Simulator.Control(t.Context(), http.MethodGet, "/requests", nil, &journal))
		hit := false
		for _, r := range journal {
			hit = hit || r.Fault || r.Status == 0
		}
		if !hit {
			t.Errorf("%s: no request met the fault, the test proves nothing", test.name)
		}
		t.Logf("%s: %d requests, %d failed", test.name, phase.Requests, phase.Failed)
		s.faults(t)
		s.empty(t)
	}
}

// faults replaces the simulator's faults and clears its journal.
func (s *shop) faults(t *testing.T, faults ...map[string]any) {
	t.Helper()
	if faults == nil {
		faults = []map[string]any{}
	}
	must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/faults", faults, nil))
	must(t, s.Simulator.ClearJournal(t.Context()))
}

// TestAThousandAndOneEndpointsOfBothFamiliesAreMembers writes the slices by
// hand: what counts is their number, not that they are pods.
func TestAThousandAndOneEndpointsOfBothFamiliesAreMembers(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	ctx := t.Context()
	namespace := lab.Cluster.NamespaceT(t, "many")
	client := lab.Cluster.Client()
	_, err := client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "many"},
		Spec:       corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}, metav1.CreateOptions{})
	must(t, err)
	slice := func(name string, family discoveryv1.AddressType, addresses []string) {
		port, portName := int32(8080), "http"
		endpoints := make([]discoveryv1.Endpoint, 0, len(addresses))
		for _, address := range addresses {
			endpoints = append(endpoints, discoveryv1.Endpoint{Addresses: []string{address}})
		}
		_, err := client.DiscoveryV1().EndpointSlices(namespace).Create(ctx, &discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: "many"}},
			AddressType: family, Endpoints: endpoints, Ports: []discoveryv1.EndpointPort{{Name: &portName, Port: &port}},
		}, metav1.CreateOptions{})
		must(t, err)
	}
	for block := range 11 {
		var addresses []string
		for i := range min(100, 1001-100*block) {
			addresses = append(addresses, fmt.Sprintf("10.200.%d.%d", block, i+1))
		}
		slice(fmt.Sprintf("v4-%d", block), discoveryv1.AddressTypeIPv4, addresses)
	}
	slice("v6", discoveryv1.AddressTypeIPv6, []string{"2001:db8::1", "2001:db8::2"})

	must(t, lab.Simulator.MakePartition(ctx, "shop"))
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, lab.Cluster.Kubeconfig(kubeconfig))
	terraform, err := lab.NewTerraform(ctx, cli, "testdata/many", t.TempDir(), kubeconfig)
	must(t, err)
	terraform.Vars = map[string]any{"namespace": namespace}
	terraform.Env = append(terraform.Env, "BIGIP_SAVE_CONFIG=never") // what is counted is what the pools cost
	must(t, lab.Simulator.ClearJournal(ctx))
	_, err = terraform.Apply(ctx)
	must(t, err)
	journal, err := lab.Simulator.Journal(ctx)
	must(t, err)
	if got := len(writes(journal)); got != 2 {
		t.Errorf("two pools took %d writes, want one POST each", got)
	}
	text, changes, err := terraform.Plan(ctx, "empty.tfplan")
	must(t, err)
	if changes {
		t.Errorf("the plan should be empty:\n%.2000s", text)
	}
	for pool, want := range map[string]int{"v4": 1001, "v6": 2} {
		var answer struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
		}
		must(t, lab.Simulator.REST(ctx, http.MethodGet, "/mgmt/tm/ltm/pool/~shop~"+pool+"/members", nil, &answer))
		if len(answer.Items) != want {
			t.Errorf("pool %s has %d members, want %d", pool, len(answer.Items), want)
		}
	}
	state, err := os.Stat(filepath.Join(terraform.Dir, "terraform.tfstate"))
	must(t, err)
	t.Logf("the state file has %d bytes", state.Size())
}
