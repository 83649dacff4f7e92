package kube

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

const (
	podsPath  = "GET /api/v1/namespaces/shop/pods"
	nodesPath = "GET /api/v1/nodes"
)

var canaries = endpoints.Ref{Namespace: "shop", Selector: "app=shop,track=canary", Port: "http"}

func podPage(next string, from, to int) *corev1.PodList {
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{Continue: next}}
	for i := to - 1; i >= from; i-- { // not by name
		list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("web-%04d", i)}})
	}
	return list
}

func TestAllPagesOfTheSelectedPodsAreRead(t *testing.T) {
	t.Parallel()
	var queries []string
	handler := func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		queries = append(queries, fmt.Sprintf("%s limit=%s continue=%s", query.Get("labelSelector"), query.Get("limit"), query.Get("continue")))
		if len(queries) == 2 {
			failed(410, metav1.StatusReasonExpired, "The provided continue parameter is too old")(w, r)
			return
		}
		from, _ := strconv.Atoi(query.Get("continue"))
		to, next := min(from+500, 1200), ""
		if to < 1200 {
			next = strconv.Itoa(to)
		}
		answer(200, podPage(next, from, to))(w, r)
	}
	snapshot, err := newSource(t, trusting(fakeAPI{podsPath: handler}.serve(t)), time.Minute).Snapshot(t.Context(), canaries)
	check(t, err)
	if len(snapshot.Pods) != 1200 || snapshot.Pods[0].Name != "web-0000" || snapshot.Pods[1199].Name != "web-1199" {
		t.Errorf("%d pods, want 1200 by name", len(snapshot.Pods))
	}
	var want []string
	for _, next := range []string{"", "500", "", "500", "1000"} { // from the start again when the token has expired
		want = append(want, "app=shop,track=canary limit=500 continue="+next)
	}
	if diff := cmp.Diff(want, queries); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAFailureToListPodsOrNodesSaysWhichOnes(t *testing.T) {
	t.Parallel()
	nodePort := shopWeb
	nodePort.NodePort = true
	no := failed(403, metav1.StatusReasonForbidden, "no")
	for name, tt := range map[string]struct {
		api  fakeAPI
		ref  endpoints.Ref
		want string
	}{
		"pods":                          {fakeAPI{podsPath: no}, canaries, "list Pods with app=shop,track=canary in namespace shop on SERVER: not allowed: no"},
		"nodes":                         {fakeAPI{nodesPath: no}, nodePort, "list Nodes for Service shop/web on SERVER: not allowed: no"},
		"nodes of a role":               {fakeAPI{nodesPath: no}, controlPlaneNodes, "list Nodes with node-role.kubernetes.io/control-plane on SERVER: not allowed: no"},
		"all nodes":                     {fakeAPI{nodesPath: no}, endpoints.Ref{Nodes: true}, "list Nodes on SERVER: not allowed: no"},
		"the Service before its nodes":  {fakeAPI{nodesPath: no, servicePath: no}, nodePort, "get Service shop/web on SERVER: not allowed: no"},
		"no nodes without a node port":  {fakeAPI{nodesPath: no, podsPath: no}, shopWeb, "<nil>"},
		"no Service beside a selector":  {fakeAPI{servicePath: no, slicesPath: no, nodesPath: no, podsPath: answer(200, podPage("", 0, 1))}, canaries, "<nil>"},
		"nothing at all for addresses":  {fakeAPI{servicePath: no, slicesPath: no, nodesPath: no, podsPath: no}, endpoints.Ref{Addresses: "192.0.2.1:80"}, "<nil>"},
		"the Service that is not there": {fakeAPI{servicePath: failed(404, metav1.StatusReasonNotFound, "")}, nodePort, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := tt.api.serve(t)
			_, err := newSource(t, trusting(server), time.Minute).Snapshot(t.Context(), tt.ref)
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(fmt.Sprint(err), server.URL, "SERVER")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if err != nil && (!errors.Is(err, engine.ErrForbidden) || !errors.Is(err, engine.ErrSource)) {
				t.Errorf("the error is of another kind: %#v", err)
			}
		})
	}
}

func TestAPodKeepsWhatTellsWhereToSendTraffic(t *testing.T) {
	t.Parallel()
	ready := []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}, {Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	notReady := []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse}}
	port := func(name string, number int32) []corev1.ContainerPort {
		return []corev1.ContainerPort{{Name: name, ContainerPort: number}}
	}
	for name, tt := range map[string]struct {
		pod  corev1.Pod
		want endpoints.Pod
	}{
		"a pod of two families, with a sidecar and an init container that has ended": {
			corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: "web-1"},
				Spec: corev1.PodSpec{
					NodeName: "node-0", Containers: []corev1.Container{{Ports: port("http", 8080)}},
					InitContainers: []corev1.Container{
						{Ports: port("proxy", 15001), RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}, {Ports: port("migrate", 1)},
					},
				},
				Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: ready, PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "2001:db8::1"}}},
			},
			endpoints.Pod{
				Name: "web-1", Node: "node-0", Addresses: []string{"10.0.0.1", "2001:db8::1"}, Ready: true,
				Ports: []endpoints.ContainerPort{{Name: "http", Number: 8080}, {Name: "proxy", Number: 15001}},
			},
		},
		"one that is being deleted": {
			corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{}}, Status: corev1.PodStatus{Conditions: notReady}},
			endpoints.Pod{Terminating: true},
		},
		"one that has ended": {corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}, endpoints.Pod{Ended: true}},
		"one that failed":    {corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed}}, endpoints.Pod{Ended: true}},
		"one that waits":     {corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending}}, endpoints.Pod{}},
	} {
		if diff := cmp.Diff(tt.want, pod(&tt.pod)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestANodeKeepsWhatTellsWhetherToSendItTraffic(t *testing.T) {
	t.Parallel()
	got := node(&corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: "a", DeletionTimestamp: &metav1.Time{},
			Labels: map[string]string{
				corev1.LabelNodeExcludeBalancers: "", corev1.LabelTopologyZone: "z",
				"node-role.kubernetes.io/etcd": "true", "node-role.kubernetes.io/control-plane": "",
			},
		},
		Spec: corev1.NodeSpec{Unschedulable: true},
		Status: corev1.NodeStatus{
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeExternalIP, Address: "203.0.113.1"},
				{Type: corev1.NodeInternalIP, Address: "192.0.2.1"},
				{Type: corev1.NodeHostName, Address: "a"},
				{Type: corev1.NodeInternalIP, Address: "2001:db8::1"},
			},
		},
	})
	want := endpoints.Node{
		Name: "a", Zone: "z", Addresses: []string{"192.0.2.1", "2001:db8::1"}, External: []string{"203.0.113.1"}, Hostnames: []string{"a"},
		Roles: []string{"control-plane", "etcd"}, Ready: true, Unschedulable: true, Terminating: true, Excluded: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	unknown := &corev1.Node{Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown}}}}
	if node(unknown).Ready {
		t.Error("a node that nobody hears of is ready")
	}
}
