// Package monitor is the resource bigipkube_monitor: a health monitor of type http,
// https or tcp.
//
// A monitor inherits from another one of its type, defaults_from, at the least from
// the built-in one. An attribute that is not configured has the parent's value:
//
//	parent built in     the value is known, and stands in every plan
//	another parent      Read keeps the parent's values in the private state; a plan
//	                    takes them from there, a first one knows nothing
//
// At creation such a value is not written, so that the device goes on inheriting it.
// The device cannot be told to inherit again, so an attribute that is taken out of a
// configuration is written with the parent's value, and a later change of the parent
// is in the next plan.
//
// Send and receive strings are the user's: real line ends or \r\n in four characters,
// which is how the device has them. State keeps the spelling that means the same;
// after an import send has real line ends.
package monitor
