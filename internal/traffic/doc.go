// Package traffic turns the shares of a pool's backends and their endpoints into
// a ratio and a session for each member.
//
//	stable 90, 5 ready pods   ->  5 members of ratio 18   = 90 of 100
//	canary 10, 2 ready pods   ->  2 members of ratio  5   = 10 of 100
//
// A backend's share does not depend on how many pods it has: a member's ratio is
// its backend's share divided by its backend's ready members, made an integer.
//
//	backend has a share   endpoint    session          ratio
//	yes                   Ready       enabled          the backend's
//	no                    Ready       disabled         1: a warm standby
//	any                   Draining    disabled         the backend's, or 1
//	any                   NotReady    forced-offline   the backend's, or 1
//
// The device knows no ratio 0 (icontrol-rest 8.4), hence the disabled standby. A
// backend that has a share but no ready endpoint gives it to the rest, in the
// proportion of their shares; a standby stays one. With one backend in service
// every ratio is 1, so that a pod that comes or goes changes no other member.
//
// The package knows nothing of pools, the API or readiness: endpoints.State says
// who is ready.
package traffic
