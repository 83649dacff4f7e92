// Package bigipsim simulates an F5 BIG-IP on loopback: iControl REST on a
// management address, real listeners for the virtual servers, and a control API
// that no device has. It turns the facts of a device (errors, delays, oddities
// and all) into something that a test can start in milliseconds.
//
//	management ──▶ control.Gate ──▶ rest.Server ──▶ config.DB
//	(TLS)          journal, faults   iControl REST   one immutable state after the other
//	                                     │ health,       │ each commit
//	                                     │ counters      ▼
//	control API ─────────────────────────┴──────▶ dataplane.Plane ──▶ members
//
// build.go puts these parts together. The configuration survives in a state file
// if there is one (statefile.go, config/save.go). Two devices are a Pair: one
// active, one standby, with listeners in common (pair.go, pairsync.go,
// floating.go).
//
// It imitates the device, never the client's wishes. It must not import anything
// else of this module: it shares no type with what it tests.
package bigipsim
