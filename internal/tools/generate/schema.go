package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// providerVersion is the one under which the CLI finds the provider; any would do.
const providerVersion = "0.0.1"

// configuration is what the CLI is asked the schemas for.
const configuration = `terraform {
  required_providers {
    bigipkube = { source = "bigipkube/bigipkube" }
  }
}
`

// readSchema builds the provider and lets the CLI tell its schemas as JSON.
func readSchema(ctx context.Context, cli, root, temporary string) ([]byte, error) {
	mirror := filepath.Join(temporary, "mirror")
	if err := buildProvider(ctx, root, mirror); err != nil {
		return nil, err
	}
	work := filepath.Join(temporary, "work")
	if err := os.Mkdir(work, 0o750); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(work, "main.tf"), []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	if _, err := command(ctx, work, cli, "init", "-plugin-dir="+mirror); err != nil {
		return nil, err
	}
	output, err := command(ctx, work, cli, "providers", "schema", "-json")
	if err != nil {
		return nil, err
	}
	newer, err := readNewer(ctx)
	if err != nil {
		return nil, err
	}
	return normalise([]byte(output), newer)
}

// buildProvider lays the provider out as a mirror, for both registries that a
// short source address can mean.
func buildProvider(ctx context.Context, root, mirror string) error {
	name := "terraform-provider-" + providerName
	program := filepath.Join(mirror, name)
	if _, err := command(ctx, root, "go", "build", "-o", program, "."); err != nil {
		return err
	}
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, host, providerName, providerName, providerVersion, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := os.Link(program, filepath.Join(dir, name+"_v"+providerVersion)); err != nil {
			return err
		}
	}
	return nil
}

// normalise gives the provider the key that tfplugindocs looks for, and adds the
// schemas that a CLI may not know. The CLIs use the full source address, which
// begins with the host of their registry.
func normalise(schema []byte, newer newerSchemas) ([]byte, error) {
	var document struct {
		FormatVersion string                     `json:"format_version"`
		Schemas       map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(schema, &document); err != nil {
		return nil, fmt.Errorf("the CLI's schemas: %w", err)
	}
	for address, one := range document.Schemas {
		if strings.HasSuffix(address, "/"+providerName+"/"+providerName) {
			completed, err := complete(one, newer)
			if err != nil {
				return nil, err
			}
			document.Schemas = map[string]json.RawMessage{providerName: completed}
			return json.Marshal(document)
		}
	}
	return nil, fmt.Errorf("the CLI's schemas do not have the provider %s", providerName)
}
