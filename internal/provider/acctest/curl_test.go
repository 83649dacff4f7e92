package acctest_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asCurl makes this test program behave as curl does for the example's script: a
// machine that has Go, git and make need not have curl.
const asCurl = "ACCTEST_AS_CURL"

// withCurl returns a folder for the front of PATH that has such a curl.
func withCurl(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec %q \"$@\"\n", asCurl, self)
	if err := os.WriteFile(filepath.Join(folder, "curl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

// curl takes "-sSf -X METHOD URL -d BODY" and returns the exit code: curl's 22 for
// an answer of 400 or more.
func curl(arguments []string) int {
	if len(arguments) != 6 || arguments[0] != "-sSf" || arguments[1] != "-X" || arguments[4] != "-d" {
		fmt.Fprintln(os.Stderr, "curl of this test: unknown arguments:", arguments)
		return 2
	}
	request, err := http.NewRequest(arguments[2], arguments[3], strings.NewReader(arguments[5]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 7
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		fmt.Fprintln(os.Stderr, response.Status)
		return 22
	}
	_, _ = io.Copy(os.Stdout, response.Body)
	return 0
}
