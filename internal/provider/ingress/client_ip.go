package ingress

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// clientIPWay accepts a way in which pods learn the clients' addresses. The one that
// other proxies have beside them is refused with the reason.
type clientIPWay struct{}

var _ validator.String = clientIPWay{}

func (clientIPWay) Description(context.Context) string {
	return fmt.Sprintf("must be %q, %q or %q", routes.ForwardedFor, routes.Preserve, routes.SNAT)
}

func (w clientIPWay) MarkdownDescription(ctx context.Context) string { return w.Description(ctx) }

func (w clientIPWay) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	value := req.ConfigValue.ValueString()
	switch routes.ClientIP(value) {
	case routes.ForwardedFor, routes.Preserve, routes.SNAT:
		return
	}
	detail := fmt.Sprintf("The value %q is not known: it %s.", value, w.Description(ctx))
	if strings.HasPrefix(strings.ToLower(strings.ReplaceAll(value, "_", "-")), "proxy") {
		detail = fmt.Sprintf("A BIG-IP has no profile that writes the PROXY protocol towards a pod: only an iRule does, and this provider writes none that is not a constant. "+
			"The way out: %q, which every web server can read, or %q, where pods answer through the BIG-IP; or an iRule of your network team, named in irules, with %q here.",
			routes.ForwardedFor, routes.Preserve, routes.SNAT)
	}
	resp.Diagnostics.AddAttributeError(req.Path, "No such way to tell the client's address", detail)
}
