// Package reconciler is the reconciliation helper: a process that keeps every pool
// that carries the mark equal to live endpoints, between two applies.
//
//	                      discovery, every --discover-interval
//	BIG-IP: descriptions ────────────> registry: pools, their refs, their followers
//	                                      |  Follow(owner, refs)        |
//	Kubernetes: watches (kube.Watch) <────┘                             |
//	        |  Changed(pool)                                            |
//	        v                                                           v
//	      work queue, keyed by pool ──> reconcile ──> engine.Follower.Sync ──> BIG-IP
//	        ^        workers               |
//	        └── After, --resync, failed ───┴──> log, metrics, Events, readiness gates
//
// What is where:
//
//	reconciler.go  Run: builds the adapters and the manager; the only place that does
//	options.go     what a user may set, and its words where it is wrong
//	registry.go    the bound pools, by partition; a partition that is not ours has none
//	discovery.go   descriptions -> registry
//	reconcile.go   one sync of one pool, and what follows from it
//	gate.go        a device that does not answer is asked by one, not by all workers
//	failover.go    a pair that fails over: all pools are compared with the other unit
//	commit.go      config sync and save, where they are asked for
//	metrics.go events.go health.go readiness.go   what others see of it
//	once.go        --once and --dry-run
//	status*.go     what is shown of it all: the page, and "reconcile status"
//	explain*.go    explain: one pool, read once, and why its members are as they are
//	page/          how that looks, and who may look
//	shards/        which replica works on which partition
//
// The decisions are internal/follow's, the steps internal/engine's. Nothing is kept
// but on the device: losing the process loses nothing.
package reconciler
