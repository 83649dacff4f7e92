// Package follow decides how a bound pool follows its live endpoints: what is
// written next, what is held back, and what is waited for. It is to the helper
// what cutover is to an apply: pure, with the time passed in.
//
//	Policy, World, Memory, now  ->  Next  ->  Step{Write, Ask, Held, Draining, After, Memory}
//
// What a member goes through:
//
//	endpoint            member
//	ready               enabled, added if it is not there
//	terminating,        disabled at once: existing and persistent connections go on
//	  still serving
//	not ready           forced offline; with PreWarm one that was never enabled is added
//	                    disabled instead, so that its monitors judge it already
//	ready again         enabled
//	gone                forced offline, and removed as soon as the device counts no
//	                    connection of it, or at the deadline of its drain
//
// Additions come first, then changes of members, removals last. Where shares of
// members that stay change with an addition, it comes in disabled and the change
// enables it, so that no share is wrong in between.
//
// A takeaway is a change that leaves an enabled member disabled, offline or off the
// device. It is held, as a visible condition and not as an error, where it may be a
// mistake:
//
//	Nobody      it leaves nobody enabled                         for Hold, unless its owners are scaled to zero
//	Many        more than MaxDisablePercent at once, of those    for Hold
//	            that are not terminating
//	WatchBroke  a watch broke less than Hold ago                 until Hold after it
//	SliceLost   the endpoint went with a slice that was deleted  for Hold
//	NoNode      no node of the cluster is ready                  as long as that lasts
//	Minimum     it leaves less than Min enabled                  as long as that lasts
//
// A terminating endpoint is an irrevocable word of the cluster: only Nobody, and
// Minimum, hold it. Then it goes on getting new clients for as long as it serves, as
// kube-proxy has it too.
//
// Held takeaways are done when they are still wanted at the end of Hold. What is
// held never holds up what is added or enabled.
package follow
