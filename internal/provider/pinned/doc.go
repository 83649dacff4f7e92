// Package pinned is about endpoints that a plan holds: a refresh pins them in the state,
// the plan is made of them, and an apply writes them as they were reviewed. By then the
// cluster may have moved on: this package says how, and what that means for the apply.
package pinned
