package ltm_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAPathHasAPartitionFoldersAndAName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ltm.Path{
		"/Common/http":           {Partition: "Common", Name: "http"},
		"/shop/sub/web":          {Partition: "shop", Folder: "sub", Name: "web"},
		"/shop/sub/deeper/web":   {Partition: "shop", Folder: "sub/deeper", Name: "web"},
		"/shop/10.0.0.1%2:80":    {Partition: "shop", Name: "10.0.0.1%2:80"},
		"/shop/bücher":           {Partition: "shop", Name: "bücher"},
		"/shop/a_b-c.d:e(f)[g]*": {Partition: "shop", Name: "a_b-c.d:e(f)[g]*"},
	} {
		got, err := ltm.ParsePath(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q -want +got\n%s", text, diff)
		}
		if got.String() != text {
			t.Errorf("%q prints as %q", text, got)
		}
	}
}

func TestWhatIsNoPathIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "http", "/", "/Common", "/Common/", "//http", "/Common//http", "/Common/..", "/Common/./x", "Common/http",
		"/Common/a b", "/Common/a\tb", "/Common/<b>", "/Common/a~b", `/Common/a"b`, "/Common/a'b", `/Common/a\b`, "/Common/{a}",
		"/Common/" + strings.Repeat("x", 256),
	} {
		if path, err := ltm.ParsePath(text); err == nil {
			t.Errorf("%q is read as %+v", text, path)
		}
	}
}

func TestABareNameIsInThePartitionThatIsKnown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"web": "/shop/web", "/Common/web": "/Common/web", "sub/web": "/shop/sub/web"} {
		path, err := ltm.ParsePathIn("shop", text)
		if err != nil || path.String() != want {
			t.Errorf("%q in shop is %q, %v, want %q", text, path, err, want)
		}
	}
}

func TestPathsSortByPartitionFolderAndName(t *testing.T) {
	t.Parallel()
	want := []string{"/a/z", "/a/f/a", "/b/a", "/b/b"}
	var paths []ltm.Path
	for _, text := range want {
		paths = append(paths, mustPath(t, text))
	}
	slices.Reverse(paths)
	slices.SortFunc(paths, ltm.Path.Compare)
	for i, path := range paths {
		if path.String() != want[i] {
			t.Errorf("path %d is %s, want %s", i, path, want[i])
		}
	}
}

func TestNoPathIsNoTextInJSON(t *testing.T) {
	t.Parallel()
	type object struct{ Pool, Other ltm.Path }
	want := object{Pool: ltm.NewPath("shop", "web")}
	text, err := json.Marshal(want)
	if err != nil || string(text) != `{"Pool":"/shop/web","Other":""}` {
		t.Fatalf("JSON is %s, %v", text, err)
	}
	got := object{Other: ltm.NewPath("x", "y")}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"Pool":"web"}`), &got); err == nil {
		t.Error("a bare name is a path")
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"/Common/http", "/shop/sub/deeper/web", "/shop/10.0.0.1%2:80", "web", "/a/..", "/Common/<b>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := ltm.ParsePath(text)
		if err != nil {
			if !path.IsZero() {
				t.Errorf("%q is refused, and read as %+v", text, path)
			}
			return
		}
		if path.String() != text || path.Partition == "" || path.Name == "" {
			t.Errorf("%q is read as %+v, which prints as %q", text, path, path)
		}
		if strings.ContainsAny(text, "<>~ ") {
			t.Errorf("%q has characters that the device refuses", text)
		}
	})
}

func mustPath(t *testing.T, text string) ltm.Path {
	t.Helper()
	path, err := ltm.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
