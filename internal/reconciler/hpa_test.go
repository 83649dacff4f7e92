package reconciler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

const (
	hpaPeriod = 2 * time.Second
	perPod    = 20 // requests per second that the HPA wants a pod to have
)

// scaled is a Deployment behind the BIG-IP that the real HPA controller scales on what
// the BIG-IP counts, with a helper that has the rights of the manifests.
type scaled struct {
	*lab
	cp        *kubetest.ControlPlane
	namespace string
	load      *pacedLoad
}

func newScaled(t *testing.T) *scaled {
	t.Helper()
	cp := kubetest.StartT(t, kubetest.Options{Aggregation: true, Users: []string{"helper"}, ExtraArgs: map[string][]string{
		kubetest.ControllerManager: {
			"--horizontal-pod-autoscaler-sync-period=" + hpaPeriod.String(), "--horizontal-pod-autoscaler-downscale-stabilization=1s",
		},
	}})
	s := &scaled{lab: newLab(t, "shop"), cp: cp}
	s.namespace, s.config = cp.NamespaceT(t, "shop"), cp.UserKubeconfigT(t, "helper")
	must(t, cp.NamespaceNamed(t.Context(), "bigipkube"))
	s.grant("base/rbac.yaml", "external-metrics/rbac.yaml")
	must(t, cp.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: "web", Replicas: 2}))
	backends, err := cp.StartBackends(t.Context(), kubetest.BackendsOptions{Namespace: s.namespace, OnChange: s.sim.SetMembers})
	must(t, err)
	t.Cleanup(func() { _ = backends.Close() })
	s.bind("shop", "web", s.namespace+"/web:http=1")
	s.rest(http.MethodPost, "ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/192.0.2.80:80", "pool": "/shop/web", "profiles": []string{"http", "tcp"},
	})
	s.load = newPacedLoad(t, s.sim.Listener("/shop/web"))
	return s
}

// grant gives the user of the helper what the manifests give its ServiceAccount.
func (s *scaled) grant(files ...string) {
	s.t.Helper()
	client, ctx := s.cp.Client().RbacV1(), s.t.Context()
	user := []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "helper"}}
	for _, file := range files {
		text, err := os.ReadFile("../../examples/reconciler/" + file)
		must(s.t, err)
		for reader := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
			document := make([]byte, 1<<16)
			n, err := reader.Read(document)
			if errors.Is(err, io.EOF) {
				break
			}
			must(s.t, err)
			object, _, err := scheme.Codecs.UniversalDeserializer().Decode(document[:n], nil, nil)
			must(s.t, err)
			switch o := object.(type) {
			case *rbacv1.ClusterRole:
				_, err = client.ClusterRoles().Create(ctx, o, metav1.CreateOptions{})
			case *rbacv1.Role:
				_, err = client.Roles(o.Namespace).Create(ctx, o, metav1.CreateOptions{})
			case *rbacv1.ClusterRoleBinding:
				o.Subjects = user
				_, err = client.ClusterRoleBindings().Create(ctx, o, metav1.CreateOptions{})
			case *rbacv1.RoleBinding:
				o.Subjects = user
				_, err = client.RoleBindings(o.Namespace).Create(ctx, o, metav1.CreateOptions{})
			}
			must(s.t, err)
		}
	}
}

// register makes the API server ask the helper, on loopback, for external metrics.
func (s *scaled) register(port int32) {
	s.t.Helper()
	_, err := s.cp.Client().CoreV1().Services("bigipkube").Create(s.t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "bigipkube-external-metrics"},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost", Ports: []corev1.ServicePort{{Port: port}}},
	}, metav1.CreateOptions{})
	must(s.t, err)
	text, err := os.ReadFile("../../examples/reconciler/external-metrics/apiservice.yaml")
	must(s.t, err)
	body, err := utilyaml.ToJSON(bytes.Replace(text, []byte("    namespace: bigipkube\n"), fmt.Appendf(nil, "    namespace: bigipkube\n    port: %d\n", port), 1))
	must(s.t, err)
	must(s.t, s.cp.Client().Discovery().RESTClient().Post().AbsPath("/apis/apiregistration.k8s.io/v1/apiservices").
		Param("fieldValidation", "Strict").Body(body).Do(s.t.Context()).Error())
}

// metric asks the API server, as the user, for an external metric.
func (s *scaled) metric(user, name, selector string) (string, error) {
	config := s.cp.UserRESTConfig(user)
	client, err := restClient(config)
	must(s.t, err)
	text, err := client.Get().AbsPath("/apis/external.metrics.k8s.io/v1beta1/namespaces/"+s.namespace+"/"+name).
		Param("labelSelector", selector).DoRaw(s.t.Context())
	return string(text), err
}

func (s *scaled) autoscale() {
	s.t.Helper()
	window := int32(0)
	_, err := s.cp.Client().AutoscalingV2().HorizontalPodAutoscalers(s.namespace).Create(s.t.Context(), &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MinReplicas:    new(int32(2)), MaxReplicas: 6,
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window}},
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
				Metric: autoscalingv2.MetricIdentifier{
					Name: "bigip-pool-requests-per-second", Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"pool": "web", "service": "web"}},
				},
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewQuantity(perPod, resource.DecimalSI)},
			}}},
		},
	}, metav1.CreateOptions{})
	must(s.t, err)
}

// condition is what the HPA says of its metric.
func (s *scaled) condition() (active bool, reason string) {
	s.t.Helper()
	hpa, err := s.cp.Client().AutoscalingV2().HorizontalPodAutoscalers(s.namespace).Get(s.t.Context(), "web", metav1.GetOptions{})
	must(s.t, err)
	for _, c := range hpa.Status.Conditions {
		if c.Type == autoscalingv2.ScalingActive {
			return c.Status == corev1.ConditionTrue, c.Reason + ": " + c.Message
		}
	}
	return false, ""
}

func (s *scaled) replicas() int32 {
	s.t.Helper()
	scale, err := s.cp.Client().AppsV1().Deployments(s.namespace).GetScale(s.t.Context(), "web", metav1.GetOptions{})
	must(s.t, err)
	return scale.Spec.Replicas
}

// holds checks that for so long the Deployment has n replicas while something is so.
func (s *scaled) holds(n int32, long time.Duration, while func() bool) {
	s.t.Helper()
	over := time.After(long)
	for tick := time.Tick(hpaPeriod / 4); ; {
		if got := s.replicas(); got != n || !while() {
			_, reason := s.condition()
			s.t.Fatalf("%d replicas, want %d; the HPA: %s", got, n, reason)
		}
		select {
		case <-tick:
		case <-over:
			return
		}
	}
}

// serving waits until the Deployment has n replicas, and all of them are members.
func (s *scaled) serving(n int) {
	s.t.Helper()
	var members []string
	eventually(s.t, func() bool {
		members = s.members("shop", "web")
		enabled := slices.IndexFunc(members, func(m string) bool { return !strings.HasSuffix(m, "user-enabled") }) < 0
		return int(s.replicas()) == n && len(members) == n && enabled
	}, func() string {
		active, reason := s.condition()
		return fmt.Sprintf("%d replicas, members %v, want %d; the HPA: %t %s; load %d", s.replicas(), members, n, active, reason, s.load.sent.Load())
	})
}

func TestTheHPAScalesOnWhatTheBIGIPCountsAndHoldsWhileItIsBlindForTwoMinutes(t *testing.T) {
	t.Parallel()
	s := newScaled(t)
	o := s.options("shop")
	o.Stats.Interval, o.Stats.Window, o.Stats.ExternalAddress = time.Second, 4*time.Second, "127.0.0.1:0"
	helper := s.start(o)
	s.register(port(t, helper.statistics.listener.Addr().String()))
	s.load.set(30) // two pods are enough
	const name, selector = "bigip-pool-requests-per-second", "pool=web,backend=web"
	var text string
	eventually(t, func() (ok bool) {
		var err error
		text, err = s.metric("admin", name, selector)
		return err == nil && strings.Contains(text, `"namespace":"`+s.namespace+`"`)
	}, func() string { return "the API server has no metric: " + text })
	if _, err := s.metric("nobody", name, selector); !apierrors.IsForbidden(err) {
		t.Errorf("a user without rights: %v", err)
	}
	if text, err := s.metric("admin", name, "pool=nowhere"); err == nil {
		t.Errorf("a pool that is not there has a value: %s", text)
	}

	s.autoscale()
	eventually(t, func() bool { active, _ := s.condition(); return active }, func() string { _, reason := s.condition(); return reason })
	s.serving(2)
	doubled := s.load.elapsed()
	s.load.set(70)
	s.serving(4)
	t.Logf("scaled, with the new pods as members, %s after the load doubled: the HPA looks every %s, rates are over %s", s.load.elapsed()-doubled, hpaPeriod, o.Stats.Window)

	must(t, s.sim.SetFaults([]control.Fault{{Path: "/stats", Status: 503, Body: `{"code":503,"message":"down"}`}}))
	blind := func() bool {
		active, reason := s.condition()
		return !active && strings.Contains(reason, "FailedGetExternalMetric")
	}
	eventually(t, blind, func() string { return "the HPA does not see that the device is blind" })
	s.holds(4, time.Minute, blind) // under load
	s.load.set(0)                  // were nothing read as 0, the HPA would scale down
	s.holds(4, time.Minute, blind)
	s.sim.ClearFaults()
	s.serving(2)
}

// pacedLoad sends so many requests a second through a virtual server.
type pacedLoad struct {
	rate, sent atomic.Int64
	began      time.Time
}

func newPacedLoad(t *testing.T, address string) *pacedLoad {
	t.Helper()
	l := &pacedLoad{began: time.Now()}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	client := &http.Client{Timeout: 10 * time.Second}
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var due float64
		last := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				due += float64(l.rate.Load()) * now.Sub(last).Seconds()
				last = now
			}
			for ; due >= 1; due-- {
				response, err := client.Get("http://" + address)
				if err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					response.Body.Close()
					l.sent.Add(1)
				}
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended; client.CloseIdleConnections() })
	return l
}

func (l *pacedLoad) set(perSecond int64) { l.rate.Store(perSecond) }

func (l *pacedLoad) elapsed() time.Duration { return time.Since(l.began) }

func port(t *testing.T, address string) int32 {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	must(t, err)
	n, err := strconv.Atoi(text)
	must(t, err)
	return int32(n)
}

func restClient(config *rest.Config) (rest.Interface, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return client.Discovery().RESTClient(), nil
}
