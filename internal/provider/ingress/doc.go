// Package ingress is the resource bigipkube_ingress: an Ingress, an HTTPRoute, a TLSRoute or a
// Gateway, served by virtual servers of a BIG-IP.
//
//	Read    the device -> routes, tls, pools: what is served      (seen.go)
//	        the cluster -> wanted: what should be, pinned          (seek.go)
//	plan    wanted -> routes, tls, pools: what will be             (plan.go)
//	apply   the cluster again, which must still want the same;
//	        then engine.RunSite                                    (target.go)
//
// Both sides are read into the same words by ingress.ViewOf, so that a plan is a
// comparison of words. Whatever else is different on the device is in differences, one
// line each: nothing that an apply would change is hidden from the plan.
//
// Endpoints are pinned as those of bigipkube_pool are (package pinned).
package ingress
