// Package cli holds the commands behind main.go: a command line in, an exit
// code out.
//
//	(no arguments)   serve.go      the provider, started by Terraform or OpenTofu
//	reconcile        reconcile.go  the reconciliation helper
//	  explain        explain.go    why a member of a bound pool is as it is
//	simulate         simulate.go   a BIG-IP on loopback
//	migrate cis      migrate.go    another controller's configuration, translated
//	version          version.go    version and commit
//
// It knows the shells it starts and the simulator, nothing below them; of "migrate", which
// has no shell, the translation and the reading of a cluster.
package cli
