// Command page writes docs/guides/device-behaviour.md: all cases of the
// conformance suite, and which facts are inferred only. "make generate" runs it;
// the same cases make the same page.
//
//	go run ./internal/conformance/page docs/guides/device-behaviour.md
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/conformance"
)

//go:embed page.md.tmpl
var text string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("want one argument, the file to write")
	}
	page, err := render(conformance.Groups())
	if err != nil {
		return err
	}
	return os.WriteFile(arguments[0], page, 0o644) //nolint:gosec // documentation is for all to read
}

// count is how many cases have a confidence.
type count struct {
	Confidence conformance.Confidence
	Meaning    string
	Cases      int
}

var meanings = map[conformance.Confidence]string{
	conformance.Recorded:   "seen in the answers of a real device",
	conformance.Client:     "a client that was tested against devices relies on it",
	conformance.Documented: "F5's documentation or an article says so",
	conformance.UserReport: "users reported it",
	conformance.Inferred:   "follows from other facts; nobody says so",
}

// render makes the page.
func render(groups []conformance.Group) ([]byte, error) {
	page, err := template.New("page").Funcs(template.FuncMap{"cell": cell}).Parse(text)
	if err != nil {
		return nil, err
	}
	var all, inferred []conformance.Case
	counts := make([]count, 0, len(conformance.Confidences))
	for _, g := range groups {
		all = append(all, g.Cases...)
	}
	for _, confidence := range conformance.Confidences {
		c := count{Confidence: confidence, Meaning: meanings[confidence]}
		for _, one := range all {
			if one.Confidence == confidence {
				c.Cases++
			}
		}
		counts = append(counts, c)
	}
	for _, one := range all {
		if one.Confidence == conformance.Inferred {
			inferred = append(inferred, one)
		}
	}
	var out bytes.Buffer
	err = page.Execute(&out, map[string]any{
		"Groups": groups, "Counts": counts, "Inferred": inferred, "Total": len(all), "Partition": conformance.Partition,
	})
	return out.Bytes(), err
}

// cell makes a text fit into a table: a bar would end the cell.
func cell(v any) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(fmt.Sprint(v)), " "), "|", `\|`)
}
