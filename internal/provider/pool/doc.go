// Package pool is the resource bigipkube_pool: a pool with members that the
// configuration names, or with members of backends: Services, pods with some
// labels, node ports and plain addresses.
//
// A pool with backends works by refresh-pin. Terraform asks a provider for the
// same plan twice, once to show it and once to apply it, and fails when the
// answers differ; so only Read looks at the cluster.
//
//	Read        device + cluster  ->  state      members, endpoints, traffic
//	ModifyPlan  configuration + state  ->  plan  a pure function: no device, no cluster
//	Update      plan  ->  device                 the cluster is read to compare only
//
// What is known when a plan is made:
//
//	                              members, endpoints
//	static pool                   as configured; none
//	plain addresses only          as configured, shared out by traffic
//	first plan, new reference     known after apply
//	otherwise                     the state's endpoints, shared out by traffic
//
// Read takes traffic and backends from the mark on the pool's description
// (package binding), not from its own memory: what an apply that was
// interrupted has not shifted is in the next plan, and nothing else is.
//
// split_error is computed from the members that a state or a plan has, never from
// what they should be: so it tells of the device, and then of the plan.
//
// The package decides nothing about readiness, ratios or the order of writes:
// that is the engine's business.
package pool
