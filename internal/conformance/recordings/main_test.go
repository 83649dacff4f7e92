package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded are files as a folder of recordings has them.
var recorded = map[string]string{
	"12.x/pools.json": `{"kind":"tm:ltm:pool:poolcollectionstate","selfLink":"https://localhost/mgmt/tm/ltm/pool?ver=12.1.2","items":[
		{"kind":"tm:ltm:pool:poolstate","name":"a","selfLink":"https://localhost/mgmt/tm/ltm/pool/~Common~a?expandSubcollections=true&ver=12.1.2","ratio":"1","metadata":[{"name":"x","value":"2"},{"name":"y"}],
		 "membersReference":{"link":"https://localhost/mgmt/tm/ltm/pool/~Common~a/members?ver=12.1.2","isSubcollection":true,
			"items":[{"kind":"tm:ltm:pool:members:membersstate","name":"192.0.2.1:80","ratio":1}]}},
		{"kind":"tm:ltm:pool:poolstate","name":"b","selfLink":"https://localhost/mgmt/tm/ltm/pool/~Common~b?ver=12.1.2","ratio":"default",
		 "membersReference":{"link":"https://localhost/mgmt/tm/ltm/pool/~Common~b/members?ver=12.1.2","isSubcollection":true}}]}`,
	"12.x/members.json":     `{"members":[{"kind":"tm:ltm:pool:members:membersstate","name":"192.0.2.1:80","selfLink":"https://localhost/x?ver=13.0.0","state":null,"monitor":{}}]}`,
	"14.1.2.1/failing.json": `{"isEnabled":true,"isOver":false,"generation":0}`,
	"README.md":             "not read",
}

const digested = `[12.1.2 tm:ltm:pool:members:membersstate] 1 object
kind string
name string
ratio number

[12.1.2 tm:ltm:pool:poolcollectionstate] 1 object
items list
items[] tm:ltm:pool:poolstate
kind string
selfLink link

[12.1.2 tm:ltm:pool:poolstate] 2 objects
kind string
membersReference object
membersReference.isSubcollection true
membersReference.items? list
membersReference.items[] tm:ltm:pool:members:membersstate
membersReference.link link
metadata? list
metadata[] object
metadata[].name string
metadata[].value? digits
name string
ratio string
selfLink link

[13.0.0 tm:ltm:pool:members:membersstate] 1 object
kind string
monitor object
name string
selfLink string
state null

[14.1.2.1 failing] 1 object
generation number
isEnabled true
isOver false
`

func TestRecordingsBecomeADigest(t *testing.T) {
	t.Parallel()
	folder, file := folder(t, recorded), filepath.Join(t.TempDir(), "digest.txt")
	if err := run([]string{folder, file}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(preamble+digested, string(text)); diff != "" {
		t.Error(diff)
	}
}

func TestSeveralFoldersBecomeOneDigest(t *testing.T) {
	t.Parallel()
	one := folder(t, map[string]string{"1.0/a.json": `{"kind":"tm:a","x":1}`})
	two := folder(t, map[string]string{"1.0/a.json": `[{"kind":"tm:a","y":1}]`})
	file := filepath.Join(t.TempDir(), "digest.txt")
	if err := run([]string{one, two, file}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := preamble + "[1.0 tm:a] 2 objects\nkind string\nx? number\ny? number\n"; string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestWhatCannotBeDigestedIsAnErrorThatNamesTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "digest.txt")
	for name, tt := range map[string]struct {
		arguments []string
		want      string
	}{
		"no folder":                {[]string{file}, "want the folders"},
		"an empty folder":          {[]string{t.TempDir(), file}, "there is no file */*.json"},
		"no JSON":                  {[]string{folder(t, map[string]string{"1.0/bad.json": `{"kind":`}), file}, "bad.json: unexpected EOF"},
		"two documents":            {[]string{folder(t, map[string]string{"1.0/two.json": `{"kind":"a"}{}`}), file}, "two.json: something follows"},
		"no kind and no release":   {[]string{folder(t, map[string]string{"1.x/lost.json": `{"a":1}`}), file}, "lost.json: there is no kind, and no release"},
		"a kind, and no release":   {[]string{folder(t, map[string]string{"1.x/lost.json": `{"kind":"tm:a"}`}), file}, "lost.json: tm:a: no release is known"},
		"a list without any kinds": {[]string{folder(t, map[string]string{"1.0/list.json": `[1]`}), file}, "list.json: there is no kind"},
	} {
		if err := run(tt.arguments); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a file was written: %v", err)
	}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
