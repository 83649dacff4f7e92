package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Build says which build of the program runs.
type Build struct {
	Version string // "1.2.3", or "dev"
	Commit  string // the commit it was built from, or "none"
}

// codeError ends a command with an exit code of its own.
type codeError struct {
	code int
	err  error
}

// Error implements error.
func (e *codeError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *codeError) Unwrap() error { return e.err }

// Run executes one command line and returns the exit code: 0, 1, or another one that
// the command names.
func Run(build Build, args []string, stdout, stderr io.Writer) int {
	return execute(newRoot(build), args, stdout, stderr)
}

func execute(root *cobra.Command, args []string, stdout, stderr io.Writer) int {
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.Execute(); err != nil {
		if special, ok := errors.AsType[*codeError](err); ok {
			fmt.Fprintln(stderr, special)
			return special.code
		}
		fmt.Fprintln(stderr, "Error:", err)
		return 1
	}
	return 0
}

func newRoot(build Build) *cobra.Command {
	root := newServe(build)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newMigrate(build), newReconcile(build), newSimulate(), newVersion(build))
	return root
}
