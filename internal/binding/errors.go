package binding

import "fmt"

// SyntaxError is a mark that cannot be read.
type SyntaxError struct {
	Item   string // the part that is to blame
	Reason string // a sentence's end: "it has no share"
}

// Error quotes the part that is to blame.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("the bigipkube mark in the description cannot be read at %q: %s", e.Item, e.Reason)
}

// VersionError is a mark of a grammar that this release does not know.
type VersionError struct {
	Version string // as the mark has it
}

// Error tells both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the bigipkube mark in the description has version %s, this release knows version %d", e.Version, Version)
}
