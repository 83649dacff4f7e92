// Package cutover decides, one step at a time, how traffic moves from what serves
// now to what is to serve. It is a pure state machine: what both sides look like,
// what the run remembers and the time go in; the next step comes out. It works
// the same for the dial (members of one pool) and the switch (the pool of a
// virtual server), and knows neither.
//
//	Verify ---> Prepare ---> Verify ---> Shift ---> Bake ---> Drain ---> Remove ---> Done
//	 is it        write       enough      write      watch     wait       write
//	 allowed?                 available?    |          |
//	  |                         |  ^        v          |
//	  |                         |  +----- Pause        |
//	  |                         |  next   watch        |
//	  |                         |  stage    |          |
//	  v                         v           v          v
//	Aborted                  Aborted       Reverse: rollback, one write
//	nothing was written      traffic is          |
//	                         where it was        v
//	                                          Aborted: what served before serves again,
//	                                          or, with Hold, traffic stays where it is
//
// A phase with nothing to do is skipped, so that an interrupted run is resumed by
// running again: nothing but the observation says what is left. What somebody
// undid is done again; the gates, once open, and the drain, once over, are not
// asked again.
//
// Gates are asked in Verify, and all must be open. Before anything is written:
//
//	freeze       now is a time to move traffic                    (where traffic moves)
//	device       it serves, and is in sync with its pair but for  (where traffic moves)
//	             changes of this process
//	unchanged    nobody else has changed the object since         (where traffic moves)
//	owner        the object is ours to change
//
// and before each stage moves:
//
//	availability   of each group that gains traffic, so many members are available as Require says
//	bareness       of a pool that serves, at least one member goes on to: no Spec can switch this off
//	check          the Check has said yes
//
// The clock starts when a gate is first seen closed. A Timeout of 0 looks once,
// but members that no monitor has judged yet (checking) are given FirstProbe:
// a look at them could only say no. A gate that cannot open by waiting ends the
// run at once: one that asks for more members than there are, a freeze that
// outlasts the Timeout, a change that somebody made.
//
// Pause and Bake watch what has gained traffic. It fails when more members than
// MaxFailed go down, when none is left, or when the Check says no so often in a
// row as it may not. A pod that is replaced meanwhile is no failure. A rollback
// needs somebody to go back to: where nobody of those who served before could
// serve, the traffic stays.
package cutover
