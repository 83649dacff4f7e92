// Package customtypes holds the validators of the forms in which users write
// paths, names, member keys, durations and requirements. Each accepts exactly
// one spelling of a value, the one that the device reads back, so that no plan
// ever shows a difference that is none; for any other spelling the error tells
// the right one.
//
//	FullPath     /Common/http
//	Name         web
//	Folder       app, app/deeper
//	PacketMark   pass-through, mimic, 16
//	MemberKey    10.0.0.1:8080, [2001:db8::1]:8080, 10.0.0.1%2:8080
//	Duration     30s, 5m, 1h30m
//	Requirement  2, 80%
//
// It knows no schema.
package customtypes
