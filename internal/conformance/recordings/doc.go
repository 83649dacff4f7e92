// Command recordings turns answers that were recorded from real devices into a
// digest: which keys the objects of each kind have in each release, and with what
// JSON types. The recordings are test data of public projects and not kept here:
// of F5's Ansible modules and Python SDKs (11.5 to 13.1), and of genieparser (one
// virtual edition of 14.1.2.1). testdata/digest.txt, made from them, is, and a
// test holds the simulator to it at each recorded release:
//
//	script_test.go     how the simulator comes to have what the devices had
//	simulator_test.go  the comparison
//	leftout_test.go    the differences that are meant to be, with the reasons
//
// The digest is made anew when there are more recordings:
//
//	go run ./internal/conformance/recordings FOLDER... internal/conformance/recordings/testdata/digest.txt
//
//	FOLDER/*/*.json ──▶ gathering ──▶ Digest ──▶ digest.txt ─┐
//	                                                         ├─▶ differences ──▶ left out, or an error
//	answers of the simulator ──▶ gathering ──▶ Digest ───────┘
//
// Both sides are digested by the same code, so that they differ only where the
// answers do. The digest has one section for each kind of a release and one line
// for each key:
//
//	[14.1.2.1 tm:ltm:pool:poolstate] 7 objects
//	description? string
//	membersReference object
//	membersReference.isSubcollection true
//	membersReference.link link
//
// "?" marks a key that some objects do not have, "." leads into an object, "[]"
// to the items of a list. Types are string, digits (a number in quotes), link (a
// URL of the device), number, true, false, null, list, object; an object that has a
// kind of its own is that kind, and has a section of its own. Types that were seen
// both are joined by "|".
//
//	main.go       the command: reads folders
//	gathering.go  what is seen in documents, as a Digest
//	digest.go     Digest: text and back, differences
package main
