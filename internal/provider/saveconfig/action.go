package saveconfig

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

var _ action.ActionWithConfigure = (*saveConfig)(nil)

// NewAction returns the action.
func NewAction() action.Action { return &saveConfig{} }

type saveConfig struct{ providerdata.Action }

// Metadata names the type.
func (a *saveConfig) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_save_config"
}

// Schema returns the attributes: none, the provider says which device.
func (a *saveConfig) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Writes the running configuration of the BIG-IP, all its partitions, to its disk, as `tmsh save sys config` does. Without that, changes are gone after a " +
			"reboot; traffic does not need it. Needs Terraform 1.14; OpenTofu has no actions.\n\n" +
			"It is an extra, for a save by hand (`terraform apply -invoke=action.bigipkube_save_config.now`) or at a time of your own choice. " +
			"`save_config` of the provider saves on all CLIs.",
	}
}

// Invoke saves. It takes seconds to tens of seconds.
func (a *saveConfig) Invoke(ctx context.Context, _ action.InvokeRequest, resp *action.InvokeResponse) {
	if !a.Ready(&resp.Diagnostics) {
		return
	}
	device, began := a.Data.Device.Name(), time.Now()
	resp.SendProgress(action.InvokeProgressEvent{Message: diagnostics.SavingLine(device)})
	if err := a.Data.Device.Save(ctx); err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: diagnostics.SavedLine(device, time.Since(began))})
}
