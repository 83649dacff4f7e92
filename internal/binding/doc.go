// Package binding is the mark that says what a pool is bound to. It stands in the
// description of the pool, behind the user's own words, so that the BIG-IP is
// the only store: visible in the GUI and in tmsh, and written in the same call
// as the pool.
//
//	Checkout [bigipkube/1 blue@east/shop/web:http=90 shop/web-canary:http=10 drain=1m min=2]
//	└ words  └ mark
//
// A member that is ours has a mark too, and no words:
//
//	[bigipkube/1 blue@shop/web web-7d9f-x2k4z]
//
// The grammar, version 1:
//
//	mark     = "[bigipkube/1" *( " " backend ) [ " drain=" duration ] [ " min=" number ] [ " delete" ] "]"
//	           with one backend or "delete" at least: a static pool has a mark only
//	           while its deletion waits for the virtual servers that use it
//	member   = "[bigipkube/1 " service [ " " pod ] "]"
//	backend  = service [ ":" port ] [ "," family ] "=" share
//	service  = [ name "@" ] [ cluster "/" ] namespace "/" service    name is left out where it equals the Service's
//	family   = "IPv4" / "IPv6"
//	duration = as Go writes it: 1m, 1m30s
//
// Names are letters, digits, "-", "_" and "."; every other byte is written as
// %XX. So a mark has no brackets inside, none of the tag-like text that a BIG-IP
// refuses in a request (icontrol-rest 6.2), and no name can break it. The mark
// is the last thing in a description, and the last "[bigipkube/" begins it: the
// user's words may hold any brackets.
//
// Parse refuses what it does not know. A mark of a later version, or one that
// somebody edited into something else, is an error and never a guess: what it
// bound is left alone.
package binding
