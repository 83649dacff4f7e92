package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

func TestTheSimulatorShowsTheKeysAndTypesThatDevicesShow(t *testing.T) {
	t.Parallel()
	recorded := recordings(t)
	releases := recorded.releases()
	for release := range scripts {
		if !slices.Contains(releases, release) {
			t.Errorf("there is a script for %s, and no recording", release)
		}
	}
	var found []string
	for _, release := range releases {
		found = append(found, compare(recorded, answers(t, release, release), release)...)
	}
	for _, complaint := range complaints(found, leftOut) {
		t.Error(complaint)
	}
}

// The test above is to find nothing; this one shows that it would: the answers of
// a newer release to the script of an older one.
func TestTheAnswersOfAnotherReleaseAreTold(t *testing.T) {
	t.Parallel()
	shown := Digest{}
	for section, shape := range answers(t, "13.1.0.8", "14.1.2.1") {
		shown[Section{Release: "13.1.0.8", Kind: section.Kind}] = shape
	}
	got := compare(recordings(t), shown, "13.1.0.8")
	want := []string{
		"13.1.0.8 tm:ltm:profile:fastl4:fastl4state: otherPvaClientpktsThreshold is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:fastl4:fastl4state: otherPvaOffloadDirection is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:fastl4:fastl4state: otherPvaServerpktsThreshold is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:fastl4:fastl4state: otherPvaWhentoOffload is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:fastl4:fastl4state: tcpPvaWhentoOffload is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:server-ssl:server-sslstate: crl is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:server-ssl:server-sslstate: sslForwardProxyVerifiedHandshake is shown, and not recorded",
		"13.1.0.8 tm:ltm:profile:server-ssl:server-sslstate: tmOptions is recorded as list, and shown as string",
		"13.1.0.8 tm:ltm:profile:server-ssl:server-sslstate: tmOptions[] is recorded, and not shown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADifferenceIsLeftOutWithAReasonAndOnlyWhileItIsThere(t *testing.T) {
	t.Parallel()
	found := []string{"explained", "not explained", "without a reason"}
	got := complaints(found, map[string]string{"explained": "because", "without a reason": "", "gone": "because"})
	want := []string{"not explained", "without a reason", "left out, and no difference (any more): gone"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// complaints are the differences that are not left out with a reason, and what is
// left out without being a difference.
func complaints(found []string, leftOut map[string]string) []string {
	var out []string
	for _, difference := range found {
		if leftOut[difference] == "" {
			out = append(out, difference)
		}
	}
	for _, difference := range slices.Sorted(maps.Keys(leftOut)) {
		if !slices.Contains(found, difference) {
			out = append(out, "left out, and no difference (any more): "+difference)
		}
	}
	return out
}

// compare holds what is shown against all that was recorded of a release.
func compare(recorded, shown Digest, release string) []string {
	var out []string
	for _, section := range recorded.Sections() {
		if section.Release != release {
			continue
		}
		where := section.Release + " " + section.Kind + ": "
		shape, there := shown[section]
		if !there {
			out = append(out, where+"is recorded, and nothing of it is shown")
			continue
		}
		for _, difference := range differences(recorded[section], shape) {
			out = append(out, where+difference)
		}
	}
	return out
}

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

func (d Digest) releases() []string {
	var out []string
	for _, section := range d.Sections() {
		out = append(out, section.Release)
	}
	return slices.Compact(out)
}

// answers runs a script on a simulator of a release, and digests what it reads.
func answers(t *testing.T, script, release string) Digest {
	t.Helper()
	s, err := bigipsim.New(bigipsim.Options{TMOSVersion: release, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	g := gathering{}
	for line := range strings.Lines(scripts[script]) {
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
