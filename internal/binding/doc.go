// Package binding is the mark that says what a pool is bound to. It stands in the
// description of the pool, behind the user's own words, so that the BIG-IP is
// the only store: visible in the GUI and in tmsh, and written in the same call
// as the pool.
//
//	Checkout [bigipkube/1 blue@east/shop/web:http=90 shop/web-canary:http=10 drain=1m min=2]
//	└ words  └ mark
//
// A backend is a Service, the pods that have some labels, nodes, or plain addresses:
//
//	shop/web:http,node=100                          the Service's node port
//	canary@shop/(app=shop,track=canary):http=10     pods by their labels
//	api@nodes(control-plane):6443=100               nodes by their role, labels or both
//	vms@(192.0.2.10:8080,2001:db8::1.8080)=60       addresses, as the device writes them
//
// A member that is ours has a mark too, and no words:
//
//	[bigipkube/1 blue@shop/web web-7d9f-x2k4z]
//	[bigipkube/1 canary@shop/(pods) web-5c8b-9xk2p]
//	[bigipkube/1 api@nodes(control-1)]
//	[bigipkube/1 vms@(addresses)]
//
// The grammar, version 1:
//
//	mark     = "[bigipkube/1" *( " " backend ) [ " drain=" duration ] [ " min=" number ] [ " delete" ] "]"
//	           with one backend or "delete" at least: a static pool has a mark only
//	           while its deletion waits for the virtual servers that use it
//	member   = "[bigipkube/1 " ( service / name "@" [ place ] group ) [ " " pod ] "]"
//	         / "[bigipkube/1 " name "@" [ cluster "/" ] "nodes(" node ")]"
//	group    = "(pods)" / "(addresses)"                              with a place, and without
//	backend  = source [ ":" port ] *( "," option ) "=" share
//	source   = service / selector / nodes / static
//	service  = [ name "@" ] place service                            name is left out where it equals the Service's
//	selector = name "@" place "(" label *( "," label ) ")"
//	nodes    = name "@" [ cluster "/" ] "nodes(" [ role / label ] *( "," label ) ")"     all of them with neither
//	static   = name "@" "(" address *( "," address ) ")"             and no port behind it
//	place    = [ cluster "/" ] namespace "/"
//	label    = key "=" [ value ]
//	address  = ip [ "%" route-domain ] ":" port                      IPv6 with "." for the ":"
//	option   = "IPv4" / "IPv6" / "dual"                              the address family; not of addresses
//	         / "node"                                                the node port of a service
//	         / "external"                                            the external addresses of nodes
//	         / "rd" number                                           the route domain of addresses that name none
//	         / "remove"                                              with share 0, members are off the device
//	duration = as Go writes it: 1m, 1m30s
//
// What serves routes has marks of other kinds:
//
//	site     = "[bigipkube/1 site]"                                  of a virtual server, a policy, an http profile
//	rule     = "[bigipkube/1 route " object " " created " " position *( " " word ) "]"
//	                                                                 of a policy's rule, and of a client-ssl profile
//	object   = kind "/" place name                                   what the route was read from
//	created  = seconds                                               its age, since 1970
//	position = rule "." match "." host                               where the route stands in it, from 0
//	word     = "default" / "fallback"                                the class of the route
//	         / "prefix"                                              its path is a prefix, or a half of one
//	         / "by=" object                                          what is bound, where that is another object
//	         / "at=" name                                            the virtual server that a profile is for
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
