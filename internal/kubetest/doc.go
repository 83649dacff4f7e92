// Package kubetest runs a real Kubernetes control plane on loopback, for tests and for the demo: no container, no
// image, no root.
//
// Four processes, each of which a test can stop, kill and start again:
//
//	etcd                      the store
//	kube-apiserver            the API, with RBAC, over TLS that is verified
//	kube-controller-manager   Deployments -> ReplicaSets -> Pods; Services -> EndpointSlices; namespaces, HPA ...
//	kwok                      plays the kubelet of every node: pods become Running and Ready, get an address, terminate
//
// There is no scheduler: the pods that Deploy makes name their node. Pods run no container, and their addresses exist
// nowhere; Backends gives each pod a loopback HTTP server that answers in its name and tells which pod address is
// reachable where, so that a data plane can send it traffic. Nothing leaves loopback.
//
// What a test wants of a pod (ready or not, how long it takes to terminate) is an annotation that kwok's stages obey
// (stages/pod.yaml). A readiness patched into the status would last only until the kubelet writes it again, and could
// not be asked of pods that do not exist yet.
//
// InstallGatewayAPI adds the Gateway API to what the API server knows. Its definitions are files of the Go module that
// go.mod pins for its types, so that there is no copy of them that could be of another version.
//
// The executables are built once by `make kubernetes`; without them every test fails with that hint. The package knows
// nothing of BIG-IP, of Terraform or of package testing; TB is all that it asks of a test.
//
// A test package shares one control plane, each test in its own namespace:
//
//	var cluster kubetest.Shared
//
//	func TestMain(m *testing.M) { os.Exit(cluster.Main(m)) }
//
//	func TestX(t *testing.T) {
//		cp := cluster.ControlPlane(t)
//		namespace := cp.NamespaceT(t, "shop")
//		...
//	}
package kubetest
