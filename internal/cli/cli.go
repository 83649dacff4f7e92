package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Build says which build of the program runs.
type Build struct {
	Version string // "1.2.3", or "dev"
	Commit  string // the commit it was built from, or "none"
}

// Run executes one command line and returns the exit code: 0 or 1.
func Run(build Build, args []string, stdout, stderr io.Writer) int {
	root := newRoot(build)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.Execute(); err != nil {
		fmt.Fprintln(stderr, "Error:", err)
		return 1
	}
	return 0
}

func newRoot(build Build) *cobra.Command {
	root := newServe(build)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newSimulate(), newVersion(build))
	return root
}
