// Package config is the simulated device's configuration database: what icrd's
// translation to tmsh and mcpd's validation do together on a BIG-IP
// (icontrol-rest 0). It turns one command (create, replace, modify, delete with
// a decoded JSON body) into a new State, or into an Error that has the code and
// wording of the device.
//
//	schema/*.txt ── Schema ──┐
//	                         ▼
//	Command ──▶ Candidate (a copy of State) ── Do ──▶ settle ──▶ validate ──▶ State'
//	                         └── any Error: the candidate is dropped, nothing changed
//
// A State is immutable. Readers take the committed one without a lock and keep
// it as long as they like; a writer works on a Candidate that shares all it does
// not change, and DB swaps it in when the whole of it is valid. A transaction is
// therefore nothing but several commands on one Candidate.
//
// Objects are data: kinds, fields, defaults, vocabularies and references stand
// in the files of schema/ (grammar in parse.go); built-in objects in
// schema/builtin.json. Code exists only where a kind has a mind of its own:
// members make nodes (member.go), virtual servers make virtual addresses
// (virtual.go), partitions make folders (partition.go), policies are drafted and
// published (policy.go), certificates are read from uploaded files (certificate.go)
// and belong to their keys (keypair.go), records and rules are looked into
// (datagroup.go, rule.go), tunnels have forwarding tables (network.go).
// Users are objects too (user.go); what they may do with an object is asked in
// Candidate.permit.
//
// A State can be written to a file and read back (save.go), and a part of it can
// be taken over by another device (sync.go).
//
// It must not know HTTP, URLs, tokens or traffic. What a member's health is, is
// asked of the data plane by package rest; here stand only the two words an
// administrator wrote (session, state).
package config
