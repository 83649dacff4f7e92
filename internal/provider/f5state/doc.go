// Package f5state takes over the state of F5's own provider, for `moved` blocks
// from its types to ours: the object on the device stays as it is. Nothing of the
// old state is used but its name, which is a full path there: what the object is
// like, Read asks the device.
package f5state
