// Package structs moves a model, a struct with a tfsdk tag on each of its fields, to
// and from what the framework holds. It is the same for all types.
//
//	Get, Set         a configuration, a plan or a state  <->  a model
//	Decode, Encode   the attributes of an object         <->  a model
//
// The framework can do this too. But it looks the tags of a struct up anew for each
// value, and compiles a regular expression for each tag: with five members to a pool
// that is half of what this provider itself adds to a plan. Here the tags of a struct
// are looked up once.
//
// Fields are framework values; what may be null or unknown has no other form.
package structs
