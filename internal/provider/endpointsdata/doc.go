// Package endpointsdata is the data source bigipkube_endpoints: the endpoints
// of one Service as pool members, and why others were left out. It reads
// Kubernetes only, and knows nothing of the device.
package endpointsdata
