// Package bigip implements the engine's Device port: it turns the vocabulary of
// internal/ltm into the wire values of internal/icontrol and back, and a change
// set into the fewest and smallest writes.
//
//	ltm.Pool, changeset.ChangeSet  -->  bigip  -->  icontrol  -->  the device
//	engine.DeviceError             <--         <--            <--
//
// What a change set costs on the device (design 6):
//
//	a new pool                      1 POST, its members in it
//	settings                        1 PATCH of the changed properties
//	one member in, one changed      1 POST, 1 PATCH of the changed properties
//	one member out                  1 DELETE, and what its node costs
//	several of one kind             1 transaction: 2 requests and one per member
//	settings and changed members    1 transaction, so that a mode and the ratios
//	                                it needs come into force together
//	a node that nobody needs        1 GET, 1 DELETE
//	routes (a site)                 1 transaction: 2 requests and one per object; a file is
//	                                1 upload per 512 KiB, and two more to remove it
//
// A list of members is never sent to an existing pool: the device takes it as
// the whole list and starts the monitors of all members anew (icontrol-rest
// 4.3). Additions and modifications never share a transaction: devices answered
// 01020036 to that (icontrol-rest 5.4).
//
// A [Committer] makes changes last: one config sync and one save for all that end
// together.
//
// The package does not decide what to change or when, knows neither Terraform
// nor Kubernetes, and leaves retries to icontrol.
package bigip
