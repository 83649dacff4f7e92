package kube

import (
	"context"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	forbiddenLimit = time.Minute      // of a watch of the whole cluster
	askAgain       = 10 * time.Minute // for rights that are missing
)

// rights are what the user may list and watch in the whole cluster.
type rights struct {
	wide  bool // Services and EndpointSlices
	nodes bool
	spare map[scope]bool // of what was asked for of interest.spare; never changed, only replaced
}

// areAll tells that nothing of what was asked for is missing.
func (r rights) areAll() bool {
	for _, may := range r.spare {
		if !may {
			return false
		}
	}
	return r.wide && r.nodes
}

// scope is the watch that has a namespace's Services or EndpointSlices.
func (r rights) scope(resource, namespace string) scope {
	if r.wide {
		return scope{resource: resource}
	}
	return scope{resource: resource, namespace: namespace}
}

// askRights finds out the rights, unless they are known, and whether they are.
func (v *view) askRights(ctx context.Context) bool {
	v.mu.Lock()
	known, spare := v.known, v.interest.spares()
	v.known = true // unless somebody doubts it while we ask
	v.mu.Unlock()
	if known {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, v.source.timeout)
	defer cancel()
	call := start(ctx, func(ctx context.Context) (rights, error) { return v.findRights(ctx, spare) })
	found, err := call.wait(ctx)

	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.known = false
		v.asking.failed(ctx, err, call.sent.Load())
		return false
	}
	for _, s := range spare {
		if before, asked := v.rights.spare[s]; !found.spare[s] && (before || !asked) {
			v.options.Logger.Info("Not watched: it may not be listed and watched in the whole cluster, or is not there", "cluster", v.name, "resource", s.resource)
		}
	}
	v.rights = found
	v.asking.answered()
	return true
}

// doubtRights has the rights asked for again where a watch is forbidden that we
// thought was not. An API server that has just started forbids what it allows a second
// later: a view that is full is given up only when that lasts. The lock is held.
func (v *view) doubtRights(w *watching) {
	switch {
	case v.rights.spare[w.scope]: // nobody depends on it
	case w.scope.namespace != "" || w.scope.resource == nodes && !v.rights.nodes || routeGroups[w.scope.resource].Version != "":
		return // it is needed, and is tried until it is allowed
	case w.full && time.Since(w.broken) < forbiddenLimit:
		return
	}
	v.known = false
	v.settleSoon()
}

// askSoon has the rights asked for again if there are more to get.
func (v *view) askSoon() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.rights.areAll() {
		v.known = false
	}
}

func (v *view) findRights(ctx context.Context, spare []scope) (rights, error) {
	wide, err := v.mayWatch(ctx, "", services)
	if err == nil && wide {
		wide, err = v.mayWatch(ctx, discoveryv1.GroupName, endpointSlices)
	}
	if err != nil {
		return rights{}, err
	}
	all, err := v.mayWatch(ctx, "", nodes)
	found := rights{wide: wide, nodes: all, spare: make(map[scope]bool, len(spare))}
	for _, s := range spare {
		if err == nil {
			found.spare[s], err = v.mayWatch(ctx, routeGroups[s.resource].Group, s.resource)
		}
		found.spare[s] = found.spare[s] && !v.source.lacksGatewayAPI(ctx, s.resource)
	}
	return found, err
}

func (v *view) mayWatch(ctx context.Context, group, resource string) (bool, error) {
	for _, verb := range []string{"list", "watch"} {
		answer, err := v.review.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Group: group, Resource: resource, Verb: verb}},
		}, metav1.CreateOptions{})
		switch {
		case apierrors.IsForbidden(err):
			return false, nil
		case err != nil || !answer.Status.Allowed:
			return false, err
		}
	}
	return true, nil
}
