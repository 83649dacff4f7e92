// Package listing is what the list resources (`terraform query`, Terraform 1.14
// and later) of all types share: which objects of a partition to list, and how a
// result is made of one. A type says how its objects are read and how one fills a
// resource; there is one read of the partition, page by page, whatever is asked
// for.
package listing
