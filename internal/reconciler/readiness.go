package reconciler

// readinessGate is the condition that pods ask for in their spec.readinessGates, to
// be ready only once the BIG-IP calls their members up.
const readinessGate = "bigipkube.io/pool-member"
