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
//	Nobody      it leaves nobody enabled                         for Hold
//	Many        more than MaxDisablePercent within Hold          for Hold
//	WatchBroke  a watch broke less than Hold ago                 until Hold after it
//	SliceLost   the endpoint went with a slice that was deleted  until Hold after it
//	NoNode      no node of the cluster is ready                  until Hold after one is again
//	Minimum     it leaves less than Min enabled                  as long as that lasts
//
// For Many, members that were taken away within the last Hold because their endpoints
// were not ready, and still are not, count with those that are to go now: failures that
// come one by one leave nobody in the end, too.
//
// A terminating endpoint is an irrevocable word of the cluster, whether it serves still
// or not, and a ready one whose backend has no share is somebody's: only Nobody and
// Minimum hold them, and Many does not count them. The last ones of a pool so go on
// getting new clients for as long as they serve, as kube-proxy has it too. Owners that
// are scaled to zero end all doubt, and the minimum with it: nobody is meant.
//
// Held takeaways are done when they are still wanted at the end. What is held never
// holds up what is added or enabled; but where it is in doubt who goes, the shares of
// those that stay wait with it. Of those that Minimum keeps the ones whose endpoints
// serve come first, and the ones whose endpoints are gone last.
//
// How long a member whose endpoint is gone is waited for:
//
//	it was              Drain == 0                      Drain > 0
//	enabled             MaxDrain, from now on           Drain, from now on
//	disabled, offline   not at all: one write           Drain, since it lost its new clients
//	offline at a start  MaxDrain, from then on          Drain, from then on
//
// The device is only asked where there is something to wait for, each second at first
// and less often later. Nothing is removed whose endpoint still terminates.
package follow
