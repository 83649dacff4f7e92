package kube

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// options are those of a list, in pages, of what has the labels.
func (s *Source) options(selector labels.Set) metav1.ListOptions {
	return metav1.ListOptions{LabelSelector: selector.String(), Limit: s.pageSize}
}

// list reads all pages, and keeps of each what convert makes of it. When the
// cluster has compacted its history before the last page, the list starts over,
// once: a mix of two moments could lack pods.
func list[P metav1.ListInterface, T any](
	ctx context.Context, options metav1.ListOptions, page func(context.Context, metav1.ListOptions) (P, error), convert func(P) []T,
) ([]T, error) {
	all, err := allPages(ctx, options, page, convert)
	if isExpired(err) {
		return allPages(ctx, options, page, convert)
	}
	return all, err
}

func allPages[P metav1.ListInterface, T any](
	ctx context.Context, options metav1.ListOptions, page func(context.Context, metav1.ListOptions) (P, error), convert func(P) []T,
) ([]T, error) {
	var all []T
	for {
		items, err := page(ctx, options)
		if err != nil {
			return nil, err
		}
		all = append(all, convert(items)...)
		if options.Continue = items.GetContinue(); options.Continue == "" {
			return all, nil
		}
	}
}

// readPods lists the pods of a selector. It is the server that selects.
func (s *Source) readPods(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	listing := start(ctx, func(ctx context.Context) ([]endpoints.Pod, error) {
		return list(ctx, s.options(ref.Selector.Labels()), s.core.Pods(ref.Namespace).List, func(page *corev1.PodList) []endpoints.Pod {
			return convertAll(page.Items, pod)
		})
	})
	found, err := listing.wait(ctx)
	if err != nil {
		return endpoints.Snapshot{}, s.failure("list", pods, ref, err, listing.sent.Load())
	}
	slices.SortFunc(found, func(a, b endpoints.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return endpoints.Snapshot{Found: true, Pods: found}, nil
}

// readNodes lists the nodes that ref selects, or all of them for node ports. It is
// the server that selects.
func (s *Source) readNodes(ctx context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	options := s.options(nil)
	if ref.Kind() == endpoints.KindNodes {
		options.LabelSelector = nodeSelector(ref)
	}
	listing := start(ctx, func(ctx context.Context) ([]endpoints.Node, error) {
		return list(ctx, options, s.core.Nodes().List, func(page *corev1.NodeList) []endpoints.Node {
			return convertAll(page.Items, node)
		})
	})
	found, err := listing.wait(ctx)
	if err != nil {
		return endpoints.Snapshot{}, s.failure("list", nodes, ref, err, listing.sent.Load())
	}
	slices.SortFunc(found, func(a, b endpoints.Node) int { return cmp.Compare(a.Name, b.Name) })
	return endpoints.Snapshot{Found: true, Nodes: found}, nil
}

// nodeSelector is what the API server selects nodes by: the labels, and that of the
// role, whatever its value.
func nodeSelector(ref endpoints.Ref) string {
	terms := labels.Set(ref.Selector.Labels()).String()
	if ref.Role == "" {
		return terms
	}
	if terms != "" {
		terms += ","
	}
	return terms + roleLabel + ref.Role
}

func convertAll[From, To any](items []From, convert func(*From) To) []To {
	out := make([]To, len(items))
	for i := range items {
		out[i] = convert(&items[i])
	}
	return out
}
