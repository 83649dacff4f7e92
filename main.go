// Command terraform-provider-bigipkube puts Kubernetes workloads behind an F5
// BIG-IP. Terraform starts it without arguments, as a provider; its other modes
// are commands (internal/cli).
package main

import (
	"os"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cli"
)

// Set by the release build: -ldflags "-X main.version=1.2.3 -X main.commit=abc".
var (
	version = "dev"
	commit  = "none"
)

func main() {
	os.Exit(cli.Run(cli.Build{Version: version, Commit: commit}, os.Args[1:], os.Stdout, os.Stderr))
}
