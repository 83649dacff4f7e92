package migrate_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/migrate"
)

const unheardOf = "unheardOf"

// misspell puts a field that nobody knows into every mapping, and returns where.
func misspell(node *yaml.Node, path string) []string {
	var out []string
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			out = append(out, misspell(node.Content[i+1], path+"."+node.Content[i].Value)...)
		}
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: unheardOf}, &yaml.Node{Kind: yaml.ScalarNode, Value: "x"})
		out = append(out, path+"."+unheardOf)
	case yaml.SequenceNode:
		for _, item := range node.Content {
			out = append(out, misspell(item, path+"[]")...)
		}
	default:
	}
	return out
}

func documents(t *testing.T, data []byte) []*yaml.Node {
	t.Helper()
	var out []*yaml.Node
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var root yaml.Node
		if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, root.Content[0])
	}
}

// A field is in no note, but a part above it may be.
func isTold(notes []migrate.Note, object, field string) bool {
	return slices.ContainsFunc(notes, func(n migrate.Note) bool {
		told := indexes(n.Field)
		return n.Object == object && (told == "" || field == told || strings.HasPrefix(field, told+".") || strings.HasPrefix(field, told+"["))
	})
}

// indexes leaves the places in lists out.
func indexes(field string) string {
	var out strings.Builder
	inside := false
	for _, r := range field {
		if !inside || r == ']' {
			out.WriteRune(r)
		}
		inside = inside && r != ']' || r == '['
	}
	return out.String()
}

func TestAFieldThatNobodyKnowsIsToldWhereverItStands(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, file := range corpus(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var odd bytes.Buffer
		places := map[string][]string{}
		for _, root := range documents(t, data) {
			var head struct {
				APIVersion string `yaml:"apiVersion"`
				Kind       string `yaml:"kind"`
				Metadata   struct {
					Namespace string `yaml:"namespace"`
					Name      string `yaml:"name"`
				} `yaml:"metadata"`
				Spec yaml.Node `yaml:"spec"`
			}
			if err := root.Decode(&head); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(head.APIVersion, "cis.f5.com/") {
				object := head.Kind + " " + head.Metadata.Namespace + "/" + head.Metadata.Name
				for i, key := range root.Content {
					if key.Value == "spec" {
						places[object] = append(places[object], misspell(root.Content[i+1], "spec")...)
					}
				}
			}
			text, err := yaml.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			odd.WriteString("---\n")
			odd.Write(text)
		}
		result, err := migrate.Translate([]migrate.Input{{Name: "odd.yaml", Data: odd.Bytes()}}, migrate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for object, fields := range places {
			for _, field := range fields {
				tried++
				if !isTold(result.Notes, object, field) {
					t.Errorf("%s: %s %s is not told", file, object, field)
				}
			}
		}
	}
	if tried < 100 {
		t.Fatalf("only %d places were tried", tried)
	}
}

const small = `apiVersion: cis.f5.com/v1
kind: TransportServer
metadata: {name: db}
spec: {virtualServerAddress: 203.0.113.1, virtualServerPort: 80, odd: 1, pool: {service: db, servicePort: 80}}
`

func one(t *testing.T, input migrate.Input, options migrate.Options) migrate.Result {
	t.Helper()
	result, err := migrate.Translate([]migrate.Input{input}, options)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestANoteNamesThePlaceOnlyWhereThereIsAFile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		input   migrate.Input
		options migrate.Options
		want    string
	}{
		"a file":           {migrate.Input{Name: "a.yaml", Data: []byte(small)}, migrate.Options{}, "a.yaml:4: TransportServer default/db: spec.odd: not known to this command\n"},
		"the second one":   {migrate.Input{Name: "a.yaml", Data: []byte("# empty\n---\n" + small)}, migrate.Options{}, "a.yaml:6: TransportServer default/db: spec.odd: not known to this command\n"},
		"a namespace":      {migrate.Input{Name: "a.yaml", Data: []byte(small)}, migrate.Options{Namespace: "shop"}, "a.yaml:4: TransportServer shop/db: spec.odd: not known to this command\n"},
		"a cluster's list": {migrate.Input{Name: "https://192.0.2.1:6443", Live: true, Data: []byte("apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(small, "\n", "\n  "))}, migrate.Options{}, "https://192.0.2.1:6443: TransportServer default/db: spec.odd: not known to this command\n"},
		"JSON":             {migrate.Input{Name: "a.json", Data: []byte(`{"apiVersion":"cis.f5.com/v1","kind":"TransportServer","metadata":{"name":"db"},"spec":{"odd":1,"virtualServerAddress":"203.0.113.1","pool":{"service":"db"}}}`)}, migrate.Options{}, "a.json:1: TransportServer default/db: spec.odd: not known to this command\n"},
	} {
		if diff := cmp.Diff(tt.want, notes(one(t, tt.input, tt.options))); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestNodePortsAreAskedForWhereTheControllerUsesThem(t *testing.T) {
	t.Parallel()
	input := migrate.Input{Name: "a.yaml", Data: []byte(small)}
	want := `db = { namespace = "default", service = "db", port = "80", node_port = true }`
	if got := string(one(t, input, migrate.Options{NodePort: true}).HCL); !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
	if got := string(one(t, input, migrate.Options{}).HCL); strings.Contains(got, "node_port") {
		t.Errorf("got\n%s", got)
	}
}

func TestAnInputThatIsNoYAMLIsNamed(t *testing.T) {
	t.Parallel()
	_, err := migrate.Translate([]migrate.Input{{Name: "a.yaml", Data: []byte("a: [")}}, migrate.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "a.yaml: yaml: ") {
		t.Errorf("got %v", err)
	}
}

func TestAnInputWithoutCISIsNothing(t *testing.T) {
	t.Parallel()
	result := one(t, migrate.Input{Name: "a.yaml", Data: []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n---\njust text\n---\n- a\n")}, migrate.Options{})
	if result.HCL != nil || result.Manifests != nil || len(result.Notes) > 0 {
		t.Errorf("got %s%v", result.HCL, result.Notes)
	}
}

func TestAPortThatAnHTTPRouteNeedsAndNobodyTellsIsAskedFor(t *testing.T) {
	t.Parallel()
	text := "apiVersion: cis.f5.com/v1\nkind: VirtualServer\nmetadata: {name: a}\nspec:\n  virtualServerAddress: 203.0.113.1\n  pools: [{path: /, service: a, servicePort: http, rewrite: /b}]\n"
	want := "a.yaml:6: VirtualServer default/a: spec.pools[0].servicePort: an HTTPRoute names ports by number, and the input does not have the Service: write it into the manifest\n"
	if diff := cmp.Diff(want, notes(one(t, migrate.Input{Name: "a.yaml", Data: []byte(text)}, migrate.Options{}))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSharesAddUpTo100(t *testing.T) {
	t.Parallel()
	text := "apiVersion: cis.f5.com/v1\nkind: TransportServer\nmetadata: {name: a}\nspec:\n  virtualServerAddress: 203.0.113.1\n  pool:\n    service: a\n    weight: 1\n    alternateBackends: [{service: b, weight: 2}, {service: c, weight: 4}, {service: a, weight: 0}]\n"
	want := "  traffic = {\n    a   = 14\n    a-2 = 0\n    b   = 29\n    c   = 57\n  }\n"
	if got := string(one(t, migrate.Input{Name: "a.yaml", Data: []byte(text)}, migrate.Options{}).HCL); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTextIsWrittenAsTextAndNotAsATemplate(t *testing.T) {
	t.Parallel()
	text := "apiVersion: cis.f5.com/v1\nkind: TransportServer\nmetadata: {name: a}\nspec:\n  virtualServerAddress: 203.0.113.1\n  pool: {service: a, monitor: {type: tcp, send: \"${x} %{y} \\\"z\\\"\\r\\n\"}}\n"
	want := `= "$${x} %%{y} \"z\"\r\n"`
	if got := string(one(t, migrate.Input{Name: "a.yaml", Data: []byte(text)}, migrate.Options{}).HCL); !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestThePortOfPodsBecomesThatOfTheService(t *testing.T) {
	t.Parallel()
	service := "---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {ports: [{name: sql, port: 5432, targetPort: 80}, {name: web, port: 81, targetPort: 5432}]}\n"
	for port, want := range map[string]string{"80": "5432", "5432": "5432", "web": "web", "9999": "9999"} {
		text := strings.Replace(small, "servicePort: 80", "servicePort: "+port, 1)
		got := string(one(t, migrate.Input{Name: "a.yaml", Data: []byte(text + service)}, migrate.Options{}).HCL)
		if !strings.Contains(got, `service = "db", port = "`+want+`" }`) {
			t.Errorf("%s: want %s, got\n%s", port, want, got)
		}
	}
}
