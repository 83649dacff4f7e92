// Package dataplane is the traffic side of the BIG-IP simulator: a Config goes
// in, real TCP comes out. Each virtual server is a listener on loopback; its
// connections are balanced over the members of its pool, counted, drained and
// probed as icontrol-rest sections 4, 7 and 8 say a device does it.
//
//	client ──> virtualServer ──decide──> pool ──pick──> balancer (pure)
//	               │                       │
//	               │ tcp.go, session.go    └─ member: health <── monitor.go, probe.go
//	               v                            │
//	           member's connection <──────── addressBook (loopback only)
//
// It knows nothing of iControl REST, transactions, folders or users; the control
// plane turns its objects into a Config and asks for health and counters. It
// never leaves the machine.
//
// Who takes a connection:
//
//	member                      new client   client with a record   open connection
//	enabled, unchecked or up    yes          yes                    goes on
//	enabled, checking           yes          yes                    goes on
//	session disabled            no           yes                    goes on
//	disabled by its monitor     no           yes                    goes on
//	forced offline              no           no                     goes on
//	down                        no           no                     goes on, or serviceDownAction
//	at its connection limit     no           no                     goes on
//	removed from the pool       no           no                     goes on
//
// A member that is still checking takes traffic: a BIG-IP treats the unknown
// status as available until the monitor says down (F5 RFE 496733). Who must not
// lose a request adds a member session disabled and enables it once it is up.
//
// How an HTTP connection ends (a BIG-IP repeats nothing in secret):
//
//	the server closes while idle                   FIN to the client
//	the server closes before or in a response      RST to the client
//	nobody can take the connection, or dial fails  RST to the client
//	the client closes                              FIN to the server, an open response still arrives
//
// Ratio walks are exact (balancer.go) and start over when the targets change:
// when a member comes, goes, or changes ratio, group, limit or availability.
// Limits and least-connections count the clients on a member now: its
// connections, or with OneConnect the requests under way. Idle OneConnect
// connections of a member that takes nothing new are closed, so it drains.
//
// Not simulated: slow ramp (a share that depends on the clock would blur the
// exact ratios), rate limits, idle timeouts, UDP, the request queue; drop as a
// serviceDownAction resets; reselect moves an HTTP client at its next request
// and leaves TCP connections alone; source-addr records are renewed by
// decisions, not by the end of a connection.
package dataplane
