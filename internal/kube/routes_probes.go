package kube

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// readPods reads of each Service the pod that tells how all of them are probed. What there
// is of pods is listed without their contents, because a Service may have thousands.
func (r *routeReader) readPods(ctx context.Context) error {
	found, err := each(ctx, r.Services, func(ctx context.Context, s ingress.Service) (ingress.Service, error) {
		if s.ExternalName {
			return s, nil
		}
		err := r.readPod(ctx, &s)
		return s, err
	})
	if err == nil {
		r.Services = found
	}
	return err
}

func (r *routeReader) readPod(ctx context.Context, s *ingress.Service) error {
	ready, err := r.endpointPods(ctx, s)
	selector := r.selectors[name{s.Namespace, s.Name}]
	if err != nil || len(ready) == 0 || len(selector) == 0 {
		return err
	}
	candidates, err := r.podNames(ctx, s.Namespace, selector)
	if err != nil {
		return err
	}
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { _, is := ready[c.name]; return !is })
	for i := range candidates {
		candidates[i].ready = ready[candidates[i].name]
	}
	slices.SortFunc(candidates, candidate.compare)
	for _, c := range candidates {
		pod, err := find(ctx, r.source, r.question("get", pods, s.Namespace, c.name), func(ctx context.Context) (*corev1.Pod, error) {
			return r.source.core.Pods(s.Namespace).Get(ctx, c.name, metav1.GetOptions{})
		})
		if err != nil {
			return err
		}
		if pod != nil {
			s.Pod = probedPod(pod)
			return nil
		}
	}
	s.Endpoints = len(candidates) == 0 // else all went meanwhile, and there is nobody to ask
	return nil
}

// endpointPods are the pods that the endpoints of a Service name, and whether they are ready.
// What terminates tells of what was.
func (r *routeReader) endpointPods(ctx context.Context, s *ingress.Service) (map[string]bool, error) {
	asked := r.question("list", endpointSlices, s.Namespace, "")
	asked.ref.Service = s.Name
	list, err := ask(ctx, r.source, asked, func(ctx context.Context) ([]discoveryv1.EndpointSlice, error) {
		return list(ctx, r.source.options(labels.Set{discoveryv1.LabelServiceName: s.Name}), r.source.discovery.EndpointSlices(s.Namespace).List,
			func(page *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return page.Items })
	})
	ready := map[string]bool{}
	for i := range list {
		for _, e := range slice(&list[i]).Endpoints {
			if value(e.Terminating) {
				continue
			}
			s.Endpoints = true
			if e.Pod != "" {
				ready[e.Pod] = isReady(e)
			}
		}
	}
	return ready, err
}

// isReady tells that an endpoint is; one that does not say counts as ready.
func isReady(e endpoints.SliceEndpoint) bool { return e.Ready == nil || *e.Ready }

// candidate is a pod that may tell how those of a Service are probed.
type candidate struct {
	name    string
	created time.Time
	ready   bool
}

// compare puts the youngest of those that are ready first. A new version that does not become
// ready must not have its probe asked of the old one, which serves.
func (c candidate) compare(other candidate) int {
	if c.ready != other.ready {
		return map[bool]int{true: -1, false: 1}[c.ready]
	}
	return cmp.Or(other.created.Compare(c.created), cmp.Compare(c.name, other.name))
}

// podNames lists the pods with some labels.
func (r *routeReader) podNames(ctx context.Context, namespace string, selector map[string]string) ([]candidate, error) {
	asked := r.question("list", pods, namespace, "")
	asked.ref.Selector = endpoints.NewSelector(selector)
	found, err := ask(ctx, r.source, asked, func(ctx context.Context) ([]candidate, error) {
		in := r.source.clients.metadata.Resource(corev1.SchemeGroupVersion.WithResource(pods)).Namespace(namespace)
		return list(ctx, r.source.options(selector), in.List, func(page *metav1.PartialObjectMetadataList) []candidate {
			return convertAll(page.Items, func(o *metav1.PartialObjectMetadata) candidate {
				return candidate{name: o.Name, created: o.CreationTimestamp.Time}
			})
		})
	})
	return slices.Clone(found), err // the answer is others', too
}

// probedPod keeps what tells how a pod is probed.
func probedPod(p *corev1.Pod) *ingress.Pod {
	out := &ingress.Pod{}
	add := func(c corev1.Container) {
		out.Containers = append(out.Containers, ingress.Container{Name: c.Name, Ports: containerPorts(c.Ports), Readiness: c.ReadinessProbe})
	}
	for _, c := range p.Spec.Containers {
		add(c)
	}
	for _, c := range p.Spec.InitContainers { // a sidecar runs beside the others
		if value(c.RestartPolicy) == corev1.ContainerRestartPolicyAlways {
			add(c)
		}
	}
	return out
}
