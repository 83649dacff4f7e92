// Package ltm is the vocabulary of the project: the objects of a BIG-IP's Local
// Traffic Manager as values, under the names that F5's users know.
//
//	Path            /shop/web                a partition, folders, a name
//	Address         10.0.0.1%2               an IP address in a route domain
//	MemberKey       10.0.0.1:8080            an address and a port: what a member is known by
//	Destination     /shop/203.0.113.10:443   where a virtual server listens
//	Member, Pool    who serves, and how they share
//	VirtualServer   who is served, and by which pool
//
// Every name (path, address, key, destination) is comparable, has one canonical
// text form, and parses back what it prints, in JSON too. Objects are compared by
// internal/changeset, which says what differs. The package does no I/O and imports
// the standard library alone: JSON forms of the device belong to
// internal/icontrol, schemas to internal/provider.
package ltm
