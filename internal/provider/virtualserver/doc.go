// Package virtualserver is the resource bigipkube_virtual_server. It turns a
// configuration into an ltm.VirtualServer and a virtual server on the device
// into state:
//
//	plan     ModifyPlan fills in partition and id; it asks neither the device nor the cluster
//	create   one POST, then read back
//	refresh  one read; gone means removed from state
//	update   engine.RunVirtualServer: gates, one PATCH, drain, read back
//	delete   one DELETE; gone already is a success
//
// Changing pool is the switch of a blue-green cutover. When a gate stays closed,
// the state keeps what the device has, so the next plan shows the switch again.
//
// What the user wrote and what the device prints may differ although they mean
// the same ("203.0.113.10:443" and "/shop/203.0.113.10:443"). State keeps the
// user's words as long as they still mean what the device has (model.go).
//
// The package words no message (internal/provider/diagnostics does) and decides
// nothing about a cutover (internal/engine does).
package virtualserver
