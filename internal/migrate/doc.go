// Package migrate translates the configuration of F5's controller CIS into one for this
// provider: documents in, HCL and manifests out, and a note for every field that has no
// equal.
//
//	Input     YAML or JSON: custom resources, Ingresses, ConfigMaps, Services
//	   │ parse        tree.go    a tree that knows its lines, and what was read of it
//	   ▼
//	objects   ── translate ──>   blocks of HCL, manifests, notes
//	   │ what nobody has read    tree.go    is a note, too
//	   ▼
//	Result
//
// What becomes of what:
//
//	VirtualServer      bigipkube_ingress, and the Ingress or HTTPRoute that it binds
//	  with passthrough bigipkube_pool and bigipkube_virtual_server
//	TransportServer    bigipkube_pool and bigipkube_virtual_server
//	TLSProfile, Policy a part of those that name it
//	Ingress            bigipkube_ingress that binds it
//	AS3 ConfigMap      bigipkube_pool and bigipkube_virtual_server
//	monitors of these  bigipkube_monitor
//
// A VirtualServer becomes an Ingress where one says all of it, else an HTTPRoute: rewrites,
// redirects of the root, weights and Services of other namespaces.
//
// Nothing is left out in silence. A field is read once, by name; what no translator has
// asked for when all is done becomes a note with its file and line, known or not: a new
// field of CIS, or one that is misspelt, is told like one without an equal.
//
// It must not know: files, clusters, and what the provider does with the HCL.
package migrate
