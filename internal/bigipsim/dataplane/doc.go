// Package dataplane is the traffic side of the BIG-IP simulator: a Config goes
// in, real TCP comes out. Each virtual server is a listener on loopback; its
// connections are balanced over the members of its pool, counted, drained and
// probed as icontrol-rest sections 4, 7 and 8 say a device does it.
//
//	client ──TLS──> virtualServer ──judge──> Evaluate (pure): pool, redirect, reset, edits
//	      (tls.go)      │ decide <── persistence.go
//	                    ├────────> pool ──pick──> balancer (pure), ramp.go
//	                    │            │
//	                    │            └─ member: health <── monitor.go, probe.go
//	                    v                 │
//	      tcp.go, session.go ──SNAT, TLS──> addressBook (loopback only)
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
//	at its connection limit     no           with overrideLimit     goes on
//	removed from the pool       no           no                     goes on
//
// A node stands above its members: what it does not take they do not take, and its
// limit is theirs together. Pools and nodes count what their members do, also those
// that have gone since (counters.go).
//
// Where all members of a pool are at their limits a client is reset, or waits in the
// pool's queue (queue.go).
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
// A policy is evaluated for each request of HTTP and for each connection without
// (icontrol-rest 3.6, 8.3); then iRules run, as far as they are simulated (irule.go):
// one with anything else has no effect. When it chooses another target than for the request
// before, the client gets another member, with OneConnect or without. Of its
// actions forward (target.go), reset, redirect, the edits of fields, cookies, host
// and URI, and setVariable are done; conditions on responses are not. What a policy refuses
// or redirects is no member's request.
//
// What serviceDownAction does with the connections of a member that a monitor
// marks down: none leaves them; reset sends a RST to both sides; drop forgets
// them, so that the client hears nothing until it speaks, and a RST then; reselect
// moves them to another member, TCP at once (what is under way is lost), HTTP with
// its next request.
//
// Ratio walks are exact (balancer.go) and start over when the targets change:
// when a member comes, goes, or changes ratio, group, limit or availability.
// Clients that persistence has sent to a member are part of its share, unless
// ignorePersistedWeight says otherwise (iControl: "for ratio-based algorithms").
// Limits and least-connections count the clients on a member now: its
// connections, or with OneConnect the requests under way. Idle OneConnect
// connections of a member that takes nothing new are closed, so it drains.
//
// Not simulated: HTTP/2 without TLS or towards members, TLS below 1.2, cipher
// strings, rate limits, idle timeouts, UDP, the limits and the source mask of
// OneConnect, iRules beyond irule.go, the cookie methods rewrite and hash, modes that depend on what
// a device measures, addresses that are not translated; OneConnect connections are shared by all
// virtual servers of a pool with the same server-ssl profile (a device asks
// sharePools first); source-addr records are renewed by decisions, not by the
// end of a connection.
package dataplane
