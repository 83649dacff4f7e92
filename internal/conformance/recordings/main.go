package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "recordings:", err)
		os.Exit(1)
	}
}

const preamble = `# What the answers of real devices look like: the keys of each kind and their JSON types. doc.go tells how to read it.
# Made by internal/conformance/recordings.

`

func run(arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("want the folders of the recordings, and the file to write")
	}
	g, last := gathering{}, len(arguments)-1
	for _, folder := range arguments[:last] {
		if err := g.folder(folder); err != nil {
			return err
		}
	}
	return os.WriteFile(arguments[last], []byte(preamble+g.digest().String()), 0o600) //nolint:gosec // the file is the one that the caller names
}

var releaseOfFolder = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)

// folder adds the files FOLDER/*/*.json. The name of the inner folder is the
// release of what does not tell its own.
func (g gathering) folder(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: there is no file */*.json", folder)
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // the user names the folder
		if err != nil {
			return err
		}
		release := filepath.Base(filepath.Dir(file))
		if !releaseOfFolder.MatchString(release) {
			release = ""
		}
		if err := g.document(text, release, strings.TrimSuffix(filepath.Base(file), ".json")); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
