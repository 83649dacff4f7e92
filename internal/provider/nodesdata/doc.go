// Package nodesdata is the data source bigipkube_nodes: the nodes of a cluster by
// role and labels, with their addresses, and as pool members for a port. It reads
// Kubernetes only, and knows nothing of the device.
package nodesdata
