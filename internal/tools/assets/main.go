package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = "usage: go run ./internal/tools/assets kubernetes|lint|docs|cli|tofu"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s", usage)
	}
	root, err := repositoryRoot(ctx)
	if err != nil {
		return err
	}
	b := &builder{root: root, out: os.Stderr}
	if find, ok := map[string]func(context.Context, func(string) string) (string, error){"cli": b.cli, "tofu": b.tofu}[args[0]]; ok {
		path, err := find(ctx, os.Getenv)
		if err == nil {
			fmt.Println(path)
		}
		return err
	}
	set, ok := sets[args[0]]
	if !ok {
		return fmt.Errorf("unknown set %q; %s", args[0], usage)
	}
	return b.build(ctx, set, os.Getenv)
}
