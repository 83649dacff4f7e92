package diagnostics

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// mostLines is how many lines a message lists: one rule in a hundred is found by a
// text, the hundred are in the state.
const mostLines = 10

func lines(texts []string) string {
	shown := texts[:min(mostLines, len(texts))]
	out := make([]string, 0, len(shown)+1)
	for _, text := range shown {
		out = append(out, "  "+text)
	}
	if more := len(texts) - len(shown); more > 0 {
		out = append(out, fmt.Sprintf("  and %d more", more))
	}
	return strings.Join(out, "\n")
}

// NothingToServe says that an object is not there, or asks for nothing that can be
// served. object is "ingress shop/web"; at is its attribute.
func NothingToServe(at path.Path, object string, problems []string) diag.Diagnostic {
	said := ""
	if len(problems) > 0 {
		said = "Kubernetes has this:\n\n" + lines(problems)
	}
	return attributeError(at, "Unable to serve "+object,
		"It does not exist, or has nothing that can be served. Nothing was changed.", said,
		"Check namespace and name, and that the provider talks to the cluster you mean. "+madeHere)
}

// NothingWanted warns, in a refresh, that an object is gone or asks for nothing.
func NothingWanted(at path.Path, object string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Kubernetes has nothing to serve for "+object,
		paragraphs([]string{
			"It does not exist any more, or has nothing that can be served. What the BIG-IP serves for it stays as it is: an empty answer takes nothing away.",
			"Destroy the resource to take it off the BIG-IP.",
		}))
}

// RouteProblems warns of what an object asks for and does not get.
func RouteProblems(at path.Path, object string, problems []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Not all of "+object+" is served as it asks",
		paragraphs([]string{
			lines(problems),
			"Everything else is served. `problems` of the resource has them all; `strict = true` makes them an error.",
		}))
}

// StrictProblems refuses what RouteProblems warns of.
func StrictProblems(at path.Path, object string, problems []string) diag.Diagnostic {
	return attributeError(at, "Unable to serve all of "+object,
		"`strict` is set, and not all of it can be served as it asks:", lines(problems),
		"Nothing was changed on the device.",
		"Change it in Kubernetes, or remove `strict`: then the rest is served.")
}

// RoutesMoved refuses an apply of a plan that Kubernetes has left behind. Each change is
// "shop.example.com/api: planned shop/api:http, now shop/api2:http".
func RoutesMoved(at path.Path, object string, changes []string) diag.Diagnostic {
	return attributeError(at, "Unable to apply a plan of "+object+" that is out of date",
		"It has changed in Kubernetes, or another one on the address has, since the plan:", lines(changes),
		"Nothing was changed on the device.",
		"Plan again: the new plan shows what is wanted now.")
}

// InTheWay says that an object of somebody else has the place of one that is needed.
func InTheWay(err *ingress.ForeignError) diag.Diagnostic {
	return attributeError(path.Root("address"), "Unable to use the place of "+err.Kind+" "+err.Path.String(),
		"It is not ours: "+sentence(err.Reason), "Nothing was changed on the device.",
		"Choose another `address` or `name`, or remove it from the device.")
}

// InvalidBinding refuses the id or the identity of what is to be imported.
func InvalidBinding(id, reason string) diag.Diagnostic {
	return plainError("Unable to import ingress "+id, sentence(reason),
		"The id is what is served, and where, such as ingress/shop/web@/shop/203.0.113.10.")
}

// UnreadableBinding says that nobody knows whom a policy serves. id is what was to be read.
func UnreadableBinding(id, policy string, err error) diag.Diagnostic {
	return plainError("Unable to read what "+id+" is bound to",
		"The mark of a rule in policy "+policy+" is not understood: "+sentence(err.Error()),
		"A newer version of this provider may have written it: use that version. If somebody has edited the rule, apply the resource that it is of.")
}

// NoRoutesSource says that what routes are made from could not be read.
func NoRoutesSource(at path.Path, err error) diag.Diagnostic {
	return attributeError(at, "Unable to read from Kubernetes", sentence(err.Error()), "Nothing was changed.",
		"Check the `kubernetes` (or `clusters`) setting of the provider: address, credentials and rights. It must get and list ingresses and ingressclasses, "+
			"or httproutes (or tlsroutes), gateways and referencegrants; get services and secrets, and list endpointslices.")
}
