package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The image is built where there is no make, so the line stands twice.
func TestTheImageIsBuiltWithTheFlagsOfTheMakefile(t *testing.T) {
	t.Parallel()
	makefile, dockerfile := readRepository(t, "GNUmakefile"), readRepository(t, "Dockerfile")
	group := func(expression, text string) string {
		match := regexp.MustCompile(expression).FindStringSubmatch(text)
		if match == nil {
			t.Fatalf("nothing is like %s", expression)
		}
		return match[1]
	}
	command := group(`(?m)^\t(CGO_ENABLED=0 go build .*) -o `, makefile)
	flags := strings.NewReplacer("$(VERSION)", "${VERSION}", "$(COMMIT)", "${COMMIT}").Replace(group(`(?m)^LDFLAGS := (.*)$`, makefile))
	want := strings.Replace(command, "'$(LDFLAGS)'", `"`+flags+`"`, 1)
	if got := group(`(?m)^RUN (CGO_ENABLED=0 go build .*) -o `, dockerfile); got != want {
		t.Errorf("the image is built by\n%s\nwant\n%s", got, want)
	}
}

func readRepository(t *testing.T, path ...string) string {
	t.Helper()
	root, err := repositoryRoot()
	must(t, err)
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	must(t, err)
	return string(text)
}
