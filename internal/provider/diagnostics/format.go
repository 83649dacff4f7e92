package diagnostics

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// list writes names for a sentence: "blue", "blue and green".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Endpoint names an endpoint for EndpointsMoved and EndpointsGone.
func Endpoint(key ltm.MemberKey, backend, pod string) string {
	if pod == "" {
		return fmt.Sprintf("%s (%s)", key, backend)
	}
	return fmt.Sprintf("%s (%s, pod %s)", key, backend, pod)
}

// Duration prints a duration as its users write it: "2m", not "2m0s".
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func sentence(text string) string { return strings.TrimSuffix(text, ".") + "." }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

func paragraphs(parts []string) string {
	kept := make([]string, 0, len(parts))
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "\n\n")
}

func plainError(summary string, detail ...string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, paragraphs(detail))
}

func attributeError(at path.Path, summary string, detail ...string) diag.Diagnostic {
	if at.Equal(path.Empty()) {
		return plainError(summary, detail...)
	}
	return diag.NewAttributeErrorDiagnostic(shown(at), summary, paragraphs(detail))
}

// named is the beginning of a sentence that says which attribute is to blame:
// "`exec.command`: ".
func named(at path.Path) string {
	var names []string
	for _, step := range at.Steps() {
		switch s := step.(type) {
		case path.PathStepAttributeName:
			names = append(names, string(s))
		case path.PathStepElementKeyString:
			names = []string{string(s)} // the element is shown, with its key
		}
	}
	if len(names) > 1 {
		names = names[1:] // and the attribute's own name
	}
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, ".") + "`: "
}

// shown is the part of a path that Terraform can show in the configuration: an
// attribute, or an element of it. For anything deeper, such as
// backends["green"].service, it shows no more than the resource's first line.
func shown(at path.Path) path.Path {
	steps := at.Steps()
	kept := path.Empty()
	for i, step := range steps {
		switch s := step.(type) {
		case path.PathStepAttributeName:
			if i > 0 {
				return kept
			}
			kept = path.Root(string(s))
		case path.PathStepElementKeyString:
			return kept.AtMapKey(string(s))
		default:
			return kept
		}
	}
	return kept
}

// objectKind takes "virtual server /shop/web" apart.
func objectKind(object string) (kind, id string) {
	at := strings.LastIndex(object, " ")
	if at < 0 {
		return "object", object
	}
	return object[:at], object[at+1:]
}

// partitionOf is the partition of "pool /shop/web", "shop".
func partitionOf(object string) string {
	_, id := objectKind(object)
	at, err := ltm.ParsePath(id)
	if err != nil {
		return id
	}
	return at.Partition
}

// folderOf is the folder of "pool /shop/app/web", "/shop/app"; "" for an object
// that is in a partition itself.
func folderOf(object string) string {
	_, id := objectKind(object)
	at, err := ltm.ParsePath(id)
	if err != nil || at.Folder == "" {
		return ""
	}
	return "/" + at.Partition + "/" + at.Folder
}

func resourceType(kind string) string { return "bigipkube_" + strings.ReplaceAll(kind, " ", "_") }

func serviceName(ref endpoints.Ref) string { return ref.Namespace + "/" + ref.Service }

func inCluster(ref endpoints.Ref) string {
	if ref.Cluster == "" {
		return ""
	}
	return " (cluster " + ref.Cluster + ")"
}

// Split takes errors.Join apart. A *engine.DeviceError has several causes too,
// but is one failure. A nil error has no parts.
func Split(err error) []error {
	if err == nil {
		return nil
	}
	if _, one := errors.AsType[*engine.DeviceError](err); one {
		return []error{err}
	}
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Split(e)...)
	}
	return all
}

// capital begins a sentence.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
