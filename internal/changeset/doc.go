// Package changeset is the difference between what an object is and what it must
// become, as data: sorted, printable, JSON.
//
//	desired, live  ->  Compute  ->  ChangeSet{settings, add, modify, remove}
//	                                   | Policy: OwnedOnly, Floor   trims it
//	                                   | Prepare, Shift, Removal    orders it
//	                                   v
//	                                internal/bigip writes it; Apply says what comes of it
//
// It holds that Apply(Compute(desired, live), live) is desired, whatever the order
// of members and monitors, and that the parts, applied one after the other, each
// computed from what the last one left, come to the same.
//
// ComputeSite does so for the objects of routes, by kind and path: they come into force
// together, so that a SiteChange has no parts.
//
// "Plan" is Terraform's word and means Terraform's plan only.
//
// What is observed (health) is no part of a difference. Neither is a member's
// name: it cannot be changed on the device (icontrol-rest 3.2), so a member of a
// named node keeps it. The package does not know what a change costs, or how it
// is written.
package changeset
