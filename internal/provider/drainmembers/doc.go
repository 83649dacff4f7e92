// Package drainmembers is the action bigipkube_drain_members: it takes new
// connections from the members of a pool, or of one backend of it, and waits for
// the open ones, telling how many are left. An action is the one way in which a
// provider can show progress; it is an extra: `cutover` and `traffic` of the
// resources drain on every CLI, and this never is the only way.
package drainmembers
