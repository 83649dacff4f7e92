package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

func TestTheSimulatorShowsTheKeysAndTypesThatDevicesShow(t *testing.T) {
	t.Parallel()
	recorded := recordings(t)
	var found []string
	for _, release := range releases(recorded) {
		shown := answers(t, release)
		for _, section := range recorded.Sections() {
			if section.Release != release {
				continue
			}
			shape, there := shown[section]
			if !there {
				found = append(found, where(section)+"nothing of it is shown")
				continue
			}
			for _, difference := range differences(recorded[section], shape) {
				found = append(found, where(section)+difference)
			}
		}
	}
	for _, difference := range found {
		if leftOut[difference] == "" {
			t.Error(difference)
		}
	}
	for difference := range leftOut {
		if !slices.Contains(found, difference) {
			t.Errorf("this is left out, and is no difference (any more): %s", difference)
		}
	}
}

func where(section Section) string { return section.Release + " " + section.Kind + ": " }

func recordings(t *testing.T) Digest {
	t.Helper()
	text, err := os.ReadFile("testdata/digest.txt")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(digest) == 0 {
		t.Fatal("the digest is empty")
	}
	return digest
}

func releases(d Digest) []string {
	var out []string
	for _, section := range d.Sections() {
		out = append(out, section.Release)
	}
	return slices.Compact(out)
}

// answers runs the script of a release on a simulator, and digests what it reads.
func answers(t *testing.T, release string) Digest {
	t.Helper()
	s, err := bigipsim.New(bigipsim.Options{TMOSVersion: release, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	g := gathering{}
	for line := range strings.Lines(scripts[release]) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		method, rest, _ := strings.Cut(line, " ")
		path, body, _ := strings.Cut(strings.TrimSpace(rest), " ")
		text := send(t, s.ManagementURL(), method, path, body)
		if method != http.MethodGet {
			continue
		}
		name := strings.NewReplacer("/mgmt/", "", "/", "_", "-", "_").Replace(path)
		if err := g.document(text, release, name); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return g.digest()
}

func send(t *testing.T, url, method, path, body string) []byte {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}}
	switch {
	case method == "UPLOAD":
		method, body = http.MethodPost, file(t, path)
		path = "/mgmt/shared/file-transfer/uploads/" + path
		header = http.Header{"Content-Type": {"application/octet-stream"}, "Content-Range": {fmt.Sprintf("0-%d/%d", len(body)-1, len(body))}}
	case !strings.HasPrefix(path, "/mgmt/"):
		path = "/mgmt/tm" + path
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	request.SetBasicAuth("admin", "admin")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s %s: %d %s", method, path, body, response.StatusCode, text)
	}
	return text
}
