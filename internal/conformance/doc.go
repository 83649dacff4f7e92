// Package conformance says what any BIG-IP must do for this project, one fact
// per case, and tries it: on the simulator in every test run, on a real device
// by "make conformance".
//
//	[]Case ──▶ Device.Run ──▶ Result       simulator: conformance_test.go
//	   │         HTTP, std library only    device:    internal/conformance/device
//	   └─────▶ internal/conformance/page ──▶ docs/guides/device-behaviour.md
//
// A case names itself, what the device must do, where the fact comes from and how
// sure it is. What the adapters (internal/bigip, internal/icontrol) rely on
// without a case here is a guess; add the case with the line that relies on it.
// What F5's own Terraform provider sends stands in cases_terraform.go.
//
//	case.go    Case, Confidence, Versions, Cases
//	target.go  Target, Open: login, the mark, the version
//	http.go    requests and answers
//	check.go   what a case uses: Create, Get, Refused, Equal …
//	shape.go   expected fields and JSON types
//	clean.go   removes what a case has made
//	cases_*.go the cases
//
// All keys of all kinds, in the releases of which there are recordings, are too
// many for cases; internal/conformance/recordings holds the simulator to them.
//
// A device is touched only if an operator has marked it for tests: the partition
// [Partition] must exist, and must hold nothing but what an earlier run left.
// Everything happens in that partition, but for the token of the session, one
// transaction at a time, and one save of the configuration.
//
// The package must not import the simulator, icontrol, or any other of ours: a
// mistake in a shared type would be seen by nobody.
package conformance
