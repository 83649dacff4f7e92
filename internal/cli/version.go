package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newVersion(build Build) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and the commit",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "terraform-provider-bigipkube %s (%s)\n", build.Version, build.Commit)
			return err
		},
	}
}
