// Package stats is what the device counts of the traffic, for others to see:
//
//	device: counters ──> Reader: one read at a time, kept for a while
//	marks: whose it is ──┘   |             |
//	                         v             v
//	                     Collector      History ──> values and rates over a window
//	                     (/metrics)                 (external metrics of the HPA)
//
// A read is two requests, whatever the number of pools; see bigip's PoolStatistics for
// where it is more. What cannot be read is absent, and is an error for whoever
// asks: it is never 0, which would say that there is no load.
//
// The package knows neither HTTP nor the BIG-IP's API.
package stats
