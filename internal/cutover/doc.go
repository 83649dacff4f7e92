// Package cutover decides, one step at a time, how traffic moves from what serves
// now to what is to serve. It is a pure state machine: what both sides look like,
// what the run remembers and the time go in; the next step comes out. It works
// the same for the dial (members of one pool) and the switch (the pool of a
// virtual server), and knows neither.
//
//	          nothing to prepare        gates open           nothing open, or deadline
//	Prepare ----------------> Verify ------------> Shift ------> Drain ------> Remove ------> Done
//	  write                    wait |              write          wait          write
//	                                | a gate stays closed
//	                                v
//	                             Aborted: traffic is where it was
//
// A phase with nothing to do is skipped, so that an interrupted run is resumed by
// running again: nothing but the observation says what is left. A run goes back
// only if the observation does, because somebody undid what it had done; the
// gates, once open, and the drain, once over, are not asked again.
//
// Gates are asked in Verify, and all must be open:
//
//	availability   of each group that gains traffic, so many members are available as Require says
//	bareness       of a pool that serves, at least one member goes on to: no Spec can switch this off
//
// The clock starts when a gate is first seen closed. A Timeout of 0 looks once,
// but members that no monitor has judged yet (checking) are given FirstProbe:
// a look at them could only say no. A gate that asks for more members than there
// are ends the run at once.
package cutover
