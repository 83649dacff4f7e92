package kubetest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
)

// Labels of the pods that Deploy makes.
const (
	LabelApp     = "app" // the Deployment's name; what its Service selects
	LabelColour  = "colour"
	LabelVersion = "version"
)

// Annotations of a pod that kwok's stages obey (stages/pod.yaml).
const (
	annotationReady       = "kubetest.bigipkube/ready"
	annotationDualStack   = "kubetest.bigipkube/dual-stack"
	annotationTerminating = "kubetest.bigipkube/terminating"
)

// DeploymentSpec describes a Deployment and its Service.
type DeploymentSpec struct {
	Namespace, Name string
	Replicas        int32
	// Labels are put on the pods besides app=<Name>, colour and version.
	Labels map[string]string
	// Colour and Version become labels; Backends answers with the colour.
	Colour, Version string
	// Ports of the container and of the Service; default: http, 8080 in the container, 80 at the Service.
	Ports []Port
	// NotReady makes pods start Running but not Ready, until SetReady.
	NotReady bool
	// Terminating is how long a deleted pod stays, terminating and still serving; default: it is gone at once.
	Terminating time.Duration
	// Node is the node of all its pods; default node-0.
	Node string
	// ReadinessGate is a condition that must be True before a pod is ready; only "bigipkube.io/pool-member" is known to
	// the nodes. Default: none.
	ReadinessGate string
	// ReadinessProbe is written in the pods' container. No kubelet runs it: pods are ready as NotReady and SetReady say.
	ReadinessProbe *corev1ac.ProbeApplyConfiguration
	// DualStack gives the pods, and the Service, IPv6 addresses beside those of IPv4.
	DualStack bool
	// NoService leaves out the ClusterIP Service of the same name.
	NoService bool
}

// Port is a named TCP port. ServicePort 0 means the same number as ContainerPort.
type Port struct {
	Name                       string
	ContainerPort, ServicePort int32
}

// ServiceSpec describes a Service over pods of any Deployment. It refers to their ports by name, so that pods may have
// different numbers under one name.
type ServiceSpec struct {
	Namespace, Name string
	Selector        map[string]string
	Ports           []Port
	Type            corev1.ServiceType // default ClusterIP
	Local           bool               // externalTrafficPolicy Local, of a Service with node ports
	DualStack       bool               // IPv4 and IPv6
}

var (
	defaultPorts = []Port{{Name: "http", ContainerPort: 8080, ServicePort: 80}}
	applyOptions = metav1.ApplyOptions{FieldManager: "kubetest", Force: true}
)

// Namespace makes a namespace of its own for a test, named prefix and a random ending, in which pods can be made at
// once.
func (cp *ControlPlane) Namespace(ctx context.Context, prefix string) (string, error) {
	return cp.createNamespace(ctx, metav1.ObjectMeta{GenerateName: prefix + "-"})
}

// NamespaceNamed makes a namespace with exactly this name.
func (cp *ControlPlane) NamespaceNamed(ctx context.Context, name string) error {
	_, err := cp.createNamespace(ctx, metav1.ObjectMeta{Name: name})
	return err
}

func (cp *ControlPlane) createNamespace(ctx context.Context, meta metav1.ObjectMeta) (string, error) {
	namespace, err := cp.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: meta}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return namespace.Name, cp.waitServiceAccount(ctx, namespace.Name)
}

func (cp *ControlPlane) deleteNamespace(ctx context.Context, name string) error {
	return cp.client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
}

// Deploy makes or changes a Deployment and, unless NoService, its Service. It does not wait: see WaitReady.
func (cp *ControlPlane) Deploy(ctx context.Context, d DeploymentSpec) error {
	if len(d.Ports) == 0 {
		d.Ports = defaultPorts
	}
	if _, err := cp.client.AppsV1().Deployments(d.Namespace).Apply(ctx, d.deployment(), applyOptions); err != nil {
		return fmt.Errorf("deploy %s/%s: %w", d.Namespace, d.Name, err)
	}
	if d.NoService {
		return nil
	}
	return cp.Expose(ctx, ServiceSpec{
		Namespace: d.Namespace, Name: d.Name, Selector: map[string]string{LabelApp: d.Name}, Ports: d.Ports, DualStack: d.DualStack,
	})
}

// Expose makes or changes a Service.
func (cp *ControlPlane) Expose(ctx context.Context, s ServiceSpec) error {
	spec := corev1ac.ServiceSpec().
		WithSelector(s.Selector).
		WithType(cmp.Or(s.Type, corev1.ServiceTypeClusterIP))
	for _, p := range s.Ports {
		spec.WithPorts(corev1ac.ServicePort().
			WithName(p.Name).
			WithPort(cmp.Or(p.ServicePort, p.ContainerPort)).
			WithTargetPort(intstr.FromString(p.Name)).
			WithProtocol(corev1.ProtocolTCP))
	}
	if s.Local {
		spec.WithExternalTrafficPolicy(corev1.ServiceExternalTrafficPolicyLocal)
	}
	if s.DualStack {
		spec.WithIPFamilyPolicy(corev1.IPFamilyPolicyRequireDualStack)
	}
	service := corev1ac.Service(s.Name, s.Namespace).WithSpec(spec)
	if _, err := cp.client.CoreV1().Services(s.Namespace).Apply(ctx, service, applyOptions); err != nil {
		return fmt.Errorf("expose %s/%s: %w", s.Namespace, s.Name, err)
	}
	return nil
}

func (d *DeploymentSpec) deployment() *appsv1ac.DeploymentApplyConfiguration {
	app := map[string]string{LabelApp: d.Name}
	pod := corev1ac.PodSpec().
		WithNodeName(cmp.Or(d.Node, NodeName(0))). // there is no scheduler
		WithAutomountServiceAccountToken(false).
		WithContainers(d.container())
	if d.ReadinessGate != "" {
		pod.WithReadinessGates(corev1ac.PodReadinessGate().WithConditionType(corev1.PodConditionType(d.ReadinessGate)))
	}
	return appsv1ac.Deployment(d.Name, d.Namespace).WithSpec(appsv1ac.DeploymentSpec().
		WithReplicas(d.Replicas).
		WithSelector(metav1ac.LabelSelector().WithMatchLabels(app)).
		WithTemplate(corev1ac.PodTemplateSpec().
			WithLabels(d.labels()).
			WithAnnotations(d.annotations()).
			WithSpec(pod)))
}

func (d *DeploymentSpec) labels() map[string]string {
	labels := map[string]string{}
	if d.Colour != "" {
		labels[LabelColour] = d.Colour
	}
	if d.Version != "" {
		labels[LabelVersion] = d.Version
	}
	maps.Copy(labels, d.Labels)
	labels[LabelApp] = d.Name
	return labels
}

func (d *DeploymentSpec) annotations() map[string]string {
	annotations := map[string]string{}
	if d.NotReady {
		annotations[annotationReady] = "false"
	}
	if d.DualStack {
		annotations[annotationDualStack] = "true"
	}
	if d.Terminating > 0 {
		annotations[annotationTerminating] = d.Terminating.String()
	}
	return annotations
}

func (d *DeploymentSpec) container() *corev1ac.ContainerApplyConfiguration {
	container := corev1ac.Container().WithName("app").WithImage("example.test/app:" + cmp.Or(d.Version, "v1"))
	if d.ReadinessProbe != nil {
		container.WithReadinessProbe(d.ReadinessProbe)
	}
	for _, p := range d.Ports {
		container.WithPorts(corev1ac.ContainerPort().
			WithName(p.Name).
			WithContainerPort(p.ContainerPort).
			WithProtocol(corev1.ProtocolTCP))
	}
	return container
}

// Scale changes the number of replicas of a Deployment. It does not wait.
func (cp *ControlPlane) Scale(ctx context.Context, namespace, deployment string, replicas int32) error {
	_, err := cp.client.AppsV1().Deployments(namespace).UpdateScale(ctx, deployment, &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: deployment, Namespace: namespace},
		Spec:       autoscalingv1.ScaleSpec{Replicas: replicas},
	}, metav1.UpdateOptions{})
	return err
}

// SetLabel changes a label of a pod; "" takes it away. The labels that its Deployment selects by are not to be changed.
func (cp *ControlPlane) SetLabel(ctx context.Context, namespace, pod, label, value string) error {
	content := fmt.Sprintf("%q", value)
	if value == "" {
		content = "null"
	}
	patch := fmt.Appendf(nil, `{"metadata":{"labels":{%q:%s}}}`, label, content)
	_, err := cp.client.CoreV1().Pods(namespace).Patch(ctx, pod, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// DeletePod deletes a pod; its Deployment makes another. It does not wait.
func (cp *ControlPlane) DeletePod(ctx context.Context, namespace, pod string) error {
	return cp.client.CoreV1().Pods(namespace).Delete(ctx, pod, metav1.DeleteOptions{})
}

// Pods returns the pods of a Deployment, terminating ones included, sorted by name.
func (cp *ControlPlane) Pods(ctx context.Context, namespace, deployment string) ([]corev1.Pod, error) {
	list, err := cp.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: LabelApp + "=" + deployment})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return list.Items, nil
}
