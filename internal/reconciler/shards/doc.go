// Package shards decides which replica of the helper works on which partition, by
// Leases (coordination.k8s.io/v1) in one namespace.
//
//	member Lease     <prefix>-member-<identity>   a replica lives; its partitions are in an annotation
//	partition Lease  <prefix>-<partition>         who works on the partition
//
// A partition belongs to the replica that has the highest hash of both names
// (rendezvous hashing), among those that live and serve it: when a replica comes or
// goes, only its own share moves. It works on the partition while it holds the
// Lease:
//
//	the Lease is free, or was not renewed for its duration   its owner takes it
//	it is held, and belongs to another one now               work ends, then the Lease is released
//	it was not renewed for RenewDeadline                      work ends: at Duration another one may take it
//	the replica ends                                          work ends, all is released
//
// Each replica judges by its own clock how long ago it saw a Lease renewed, as
// client-go's leader election does. That one is a process with a Lease of its own
// for each candidate; here one watch shows all Leases, and one decision is made of
// them, because who may take a Lease depends on the others.
package shards
