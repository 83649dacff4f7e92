package migrate_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/migrate"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

// corpus are the inputs, with what comes out beside them: .tf, .out.yaml, .notes.
func corpus(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	return files
}

func translate(t *testing.T, file string) migrate.Result {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	result, err := migrate.Translate([]migrate.Input{{Name: filepath.Base(file), Data: data}}, migrate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func manifests(result migrate.Result) string {
	var all []string
	for _, m := range result.Manifests {
		all = append(all, string(m.YAML))
	}
	return strings.Join(all, "---\n")
}

func notes(result migrate.Result) string {
	var text strings.Builder
	for _, n := range result.Notes {
		text.WriteString(n.String() + "\n")
	}
	return text.String()
}

func TestTheCorpusBecomesWhatIsWrittenBesideIt(t *testing.T) {
	t.Parallel()
	for _, file := range corpus(t) {
		base := strings.TrimSuffix(file, ".in.yaml")
		result := translate(t, file)
		for ending, got := range map[string]string{".tf": string(result.HCL), ".out.yaml": manifests(result), ".notes": notes(result)} {
			if *update {
				if err := os.WriteFile(base+ending, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(base + ending)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s%s: -want +got\n%s", base, ending, diff)
			}
		}
	}
}

func TestWhatIsWrittenIsHCL(t *testing.T) {
	t.Parallel()
	for _, file := range corpus(t) {
		result := translate(t, file)
		if _, problems := hclsyntax.ParseConfig(result.HCL, file, hcl.InitialPos); problems.HasErrors() {
			t.Errorf("%s: %v", file, problems)
		}
	}
}

func TestTheSameInputIsTranslatedTheSameWay(t *testing.T) {
	t.Parallel()
	for _, file := range corpus(t) {
		first := translate(t, file)
		for range 10 {
			again := translate(t, file)
			if !bytes.Equal(first.HCL, again.HCL) || manifests(first) != manifests(again) || notes(first) != notes(again) {
				t.Fatalf("%s: translated again it differs", file)
			}
		}
	}
}
