// Package pooldata is the data source bigipkube_pool: a pool as the device has
// it, with the health and the connections of its members. What flaps is here,
// and never in the resource.
package pooldata
