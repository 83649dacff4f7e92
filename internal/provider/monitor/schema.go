package monitor

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func resourceSchema() schema.Schema {
	attributes := probeAttributes()
	for name, attribute := range identityAttributes() {
		attributes[name] = attribute
	}
	return schema.Schema{
		MarkdownDescription: "A health monitor, which decides whether the members of a pool are available: give its `id` to `monitors` of a `bigipkube_pool`.\n\n" +
			"What is not set is inherited from `defaults_from`, which is the device's own monitor of the type unless you name another. " +
			"The device refuses to delete a monitor while a pool needs it.",
		Attributes: attributes,
	}
}

func identityAttributes() map[string]schema.Attribute {
	types := make([]string, 0, len(ltm.MonitorTypes()))
	for _, kind := range ltm.MonitorTypes() {
		types = append(types, string(kind))
	}
	fixed := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "The full path of the monitor, such as `/shop/health`.",
		},
		"type": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "What the monitor speaks: `http`, `https` or `tcp`. A change replaces the monitor; while a pool needs it, give the new one " +
				"another `name` and `lifecycle { create_before_destroy = true }`.",
			PlanModifiers: fixed,
			Validators:    []validator.String{stringvalidator.OneOf(types...)},
		},
		"partition": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The partition of the monitor. Default: the provider's `partition` at the time of the create. A change replaces the monitor.",
			Validators:          []validator.String{customtypes.Name()},
		},
		"folder": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The folder of the monitor below the partition, such as `app` or `app/deeper`. It must exist. Default: none. A change replaces the monitor.",
			PlanModifiers:       fixed,
			Validators:          []validator.String{customtypes.Folder()},
		},
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The name of the monitor in its partition. Monitors of all types share their names. A change replaces the monitor.",
			PlanModifiers:       fixed,
			Validators:          []validator.String{customtypes.Name()},
		},
		"description": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "A text for people. Default: none.",
		},
		"defaults_from": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The monitor of the same type that this one inherits from, as a full path. Default: the device's own, such as `/Common/http`. " +
				"A change replaces the monitor.",
			Validators: []validator.String{customtypes.FullPath()},
		},
	}
}

func probeAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"destination": text("Where the monitor probes: `*` stands for what the member has, `\"*:8081\"` is another port of the member, "+
			"`\"192.0.2.1:8080\"` or `\"[2001:db8::1]:8080\"` another server.", "`*:*`, the member itself", aliasText{}),
		"interval":        seconds(1, "How often a member is probed, in seconds. Less than `timeout`.", "`5`"),
		"timeout":         seconds(1, "After how many seconds without a success a member is down; usually three times `interval` and one.", "`16`"),
		"time_until_up":   seconds(0, "For how many seconds a member must succeed before it is up.", "`0`, at once"),
		"up_interval":     seconds(0, "How often a member that is up is probed, in seconds.", "`0`, like `interval`"),
		"send":            text("What is sent. Lines end with `\\r\\n`: as an HTTP request, `\"GET /health HTTP/1.1\\r\\nHost: shop.example.com\\r\\nConnection: close\\r\\n\\r\\n\"`.", "`GET /\\r\\n`; for `tcp` nothing"),
		"receive":         text("A regular expression that the answer must match for a success, such as `200 OK`.", "none, any answer is a success"),
		"receive_disable": text("A regular expression that disables the member when the answer matches it and not `receive`: it keeps existing and persistent connections and takes no others.", "none"),
		"reverse":         flag("Whether an answer that matches `receive` is a failure."),
		"transparent":     flag("Whether the probe goes through the member to `destination`, to check a path rather than a server."),
		"manual_resume":   flag("Whether a member that was down stays so until somebody enables it by hand."),
		"ssl_profile":     text("The server SSL profile of the probes of an `https` monitor: a full path such as `/Common/serverssl`.", "none", customtypes.FullPath()),
		"username":        text("The user name for HTTP authentication, of an `http` or `https` monitor.", "none"),
		"shutdown_delay": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "For how long a server that is told to stop goes on serving while it already fails its probes, such as `20s`: the `--shutdown-delay-duration` of a " +
				"Kubernetes API server, or how long a preStop hook waits. It is not written to the device. A plan warns unless `timeout` is below it, because then the member may still get new " +
				"connections when the server is gone. Default: none, and no warning.",
			Validators: []validator.String{customtypes.Duration()},
		},
		"password_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true,
			MarkdownDescription: "The password for HTTP authentication. It is sent to the device and kept nowhere: neither in the plan nor in the state. " +
				"Needs Terraform 1.11 or OpenTofu 1.11. Default: none.",
			Validators: []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("password_wo_version"))},
		},
		"password_wo_version": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "A number that you change when `password_wo` has changed: nobody can see that by the password itself. " +
				"Taking both out of the configuration takes the password off the device. Default: none, no password is written.",
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
	}
}

// The device's default is that of the built-in monitors; another parent may have
// another one.
func inheritance(standard string) string {
	return " Default: that of `defaults_from`; the device's own monitors have " + standard + "."
}

func seconds(least int64, description, standard string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true,
		MarkdownDescription: description + inheritance(standard),
		Validators:          []validator.Int64{int64validator.Between(least, 86400)},
	}
}

func text(description, standard string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description + inheritance(standard),
		Validators:          validators,
	}
}

func flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: description + inheritance("`false`"),
	}
}
