// Package engine brings a BIG-IP's pools, virtual servers and routes to a goal. It is the
// one place where the pure core meets the outside, over two small ports that it
// owns: Source, a Kubernetes cluster, and Device, a BIG-IP (ports.go).
//
//	Source -> ObserveBackends -> endpoints -> Members -> traffic, binding -> what a pool's members must be
//
//	                  +---------------------------------------------------+
//	                  v                                                   |
//	Device.Pool -> changeset.Compute -> its parts -> cutover.Next -> write one part, or wait 1 s
//	               (+ MemberStatus where a gate or a drain needs it)      |
//	                                                                      +-> Done, Aborted
//
// Every turn of the loop begins with a read of the device, and nothing else is
// remembered that matters: a run that was interrupted at any point is finished by
// running again. (What the run of a bound pool does remember is how it has left each
// member, to tell what somebody else has done since: see since.) Every turn writes one
// part at most:
//
//	Prepare   settings that move no traffic, new members (disabled, if they must not serve yet)
//	Shift     sessions and ratios of all members, and settings that move traffic
//	Drain     members that will be removed, forced offline (where they stayed disabled for a rollback)
//	Remove    members that are not in the goal
//	Reverse   a rollback: sessions, ratios and settings that move traffic, as they were when the run began
//
// A cutover by steps goes through pools between the two (Stages); each has its own
// gates, one write and a pause in which what gained traffic is watched.
//
// RunSite does so for routes by host and path: all that changes in one transaction, and
// members of pools that stay by the run above, before it and after it.
//
// A Follower keeps a bound pool equal to its endpoints between two applies. It reads
// only where it must, and remembers what it wrote:
//
//	        +----------------------------------------------------------------+
//	        v                                                                |
//	Source -> ObserveBackends -> Members -> follow.Next -> write one part ---+-> nothing to write: the report
//	                                        (+ MemberStatus, Owners where it asks)
//
// A RouteFollower does so for the routes of an owner at an address:
//
//	RouteSource -> ingress.Translate -> SurveySite: ingress.Build on what is live -> a change?
//	                                    -> hold -> SurveySite again -> RunSite
//
// Its pools' members are their Followers', but for those that a new pool is made with.
//
// A pool that virtual servers use cannot be deleted: RetirePool marks it, and the
// run that takes the last virtual server from it deletes it. SweepRetired does so
// where that run was killed.
//
// What holds at each instant, and is tested against a recorded trace: a pool that
// has a member that is enabled and available keeps one. The only exceptions are a
// static goal that enables nothing, and backends whose endpoints are all gone or
// not ready: there the user, or the cluster, has said so.
//
// The engine does not log, does not retry (adapters do) and words no diagnostics.
package engine
