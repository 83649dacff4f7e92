// Command demo is "make demo": the scenario of package e2e, told to somebody
// who sees it for the first time. It exits with 1 if a single request failed,
// and leaves nothing running.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/e2e"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nThe demo did not succeed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	began := time.Now()
	tell := func(text string) { fmt.Printf("\n%5.1f s  %s\n", time.Since(began).Seconds(), indent(text)) }
	cli := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if cli == "" {
		return fmt.Errorf("TF_ACC_TERRAFORM_PATH names no Terraform or OpenTofu: start the demo with make demo")
	}
	dir, err := os.MkdirTemp("", "bigipkube-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	tell("Build the provider.")
	provider, err := e2e.BuildProvider(ctx, dir)
	if err != nil {
		return err
	}
	tell("Start Kubernetes: etcd, kube-apiserver, kube-controller-manager, and KWOK in place of kubelets.")
	cluster, err := kubetest.Start(ctx, kubetest.Options{})
	if err != nil {
		return err
	}
	defer cluster.Close()
	tell("Start the simulated BIG-IP.")
	lab, err := e2e.NewLab(ctx, cluster, provider)
	if err != nil {
		return err
	}
	defer lab.Close()

	scenario := e2e.BlueGreen{Lab: lab, CLI: cli, Namespace: "shop", Rate: 200, Requests: 1000, Tell: tell}
	phases, err := scenario.Run(ctx)
	table(phases)
	if err != nil {
		return err
	}
	return failures(phases)
}

// table prints what became of the requests of each phase.
func table(phases []*e2e.Phase) {
	if len(phases) == 0 {
		return
	}
	fmt.Println()
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "phase\trequests\tfailed\tblue %\tgreen %\tseconds\t")
	for _, p := range phases {
		fmt.Fprintf(out, "%s\t%d\t%d\t%.1f\t%.1f\t%.1f\t\n", p.Name, p.Requests, p.Failed, p.Share("blue"), p.Share("green"), p.Took.Seconds())
	}
	_ = out.Flush()
}

// failures is an error if any request failed.
func failures(phases []*e2e.Phase) error {
	requests, failed := 0, 0
	var first []string
	for _, p := range phases {
		requests += p.Requests
		failed += p.Failed
		first = append(first, p.Errors...)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d requests failed:\n%s", failed, requests, strings.Join(first, "\n"))
	}
	fmt.Printf("\n%d requests, none failed.\n", requests)
	return nil
}

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n         ") }
