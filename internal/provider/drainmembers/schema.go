package drainmembers

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func actionSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Drains the members of a pool, or of one backend of it: disables them, so that they get no new clients, and waits until their open " +
			"connections have ended, with a line of progress for each change. Needs Terraform 1.14; OpenTofu has no actions.\n\n" +
			"It is an extra, for a maintenance by hand (`terraform apply -invoke=action.bigipkube_drain_members.old`) or before another step. " +
			"The way to drain that all CLIs know, and that a plan shows, is the configuration: `drain` in `cutover`, a share of 0 in `traffic`, or " +
			"`session = \"disabled\"` of a member. What an action has disabled is not in the state: the next plan shows the members as changed, and the next apply enables them again, unless " +
			"the configuration says the same by then.",
		Attributes: map[string]schema.Attribute{
			"pool": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The pool: its full path, usually the `id` of a `bigipkube_pool`.",
				Validators:          []validator.String{customtypes.FullPath()},
			},
			"backend": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The backend whose members are drained, as `backends` of the pool names it. Default: all members of the pool.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"deadline": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long open connections may take to end, as a duration such as `\"30s\"`. What is left then is an error, " +
					"unless `force_offline` is set. Default: `\"5m\"`.",
				Validators: []validator.String{customtypes.Duration()},
			},
			"connections_allowed": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "So many connections may be left; the wait ends when there are no more. Default: `0`.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"force_offline": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the members are forced offline in the end, whether they are drained or the deadline has passed: then clients with a persistence record " +
					"do not come back either. Connections that are open go on. Default: `false`.",
			},
			"allow_none": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the pool may be left without a member that takes new connections although a virtual server uses it. " +
					"Default: `false`, such a drain is refused before anything is changed.",
			},
		},
	}
}
