//go:build race

package dataplane

// perCase is less than without the race detector, which makes each request much
// slower and looks for something else.
const perCase = 30_000
