//go:build !race

package dataplane

// perCase is how many requests each case of the shares is measured over.
const perCase = 100_000
