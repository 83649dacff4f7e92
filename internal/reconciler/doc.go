// Package reconciler is the reconciliation helper: a process that keeps every pool
// that carries the mark equal to live endpoints, between two applies.
package reconciler
