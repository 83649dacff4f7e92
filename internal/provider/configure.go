package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/check"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// Configure builds the device and the cluster. It sends nothing: a plan that
// has nothing to read logs in nowhere. Without a known setting for the device
// there is no data, and the first use says so; an unknown cluster is an error
// of whoever reads it, so that a cluster can be made in the same apply.
func (p *bigipkube) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	p.data.Store(nil)
	var settings map[string]tftypes.Value
	if err := req.Config.Raw.As(&settings); err != nil {
		resp.Diagnostics.Append(diagnostics.UnexpectedData(err))
		return
	}
	clustersKnown := settings["kubernetes"].IsFullyKnown() && settings["clusters"].IsFullyKnown()
	if !req.Config.Raw.IsFullyKnown() && req.ClientCapabilities.DeferralAllowed {
		resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		return
	}
	for name, value := range settings {
		if name != "kubernetes" && name != "clusters" && !value.IsFullyKnown() {
			return
		}
	}
	data := &providerdata.Data{Source: unknownCluster{}, Routes: unknownCluster{}, Checker: check.Checker{}}
	var diags diag.Diagnostics
	data.Partition, diags = partition(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	data.TrafficWarnings, diags = trafficWarnings(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(p.device(ctx, req.Config, data)...)
	if clustersKnown {
		clusters, diags := p.source(ctx, req.Config)
		resp.Diagnostics.Append(diags...)
		data.Source, data.Routes = nil, nil // an interface with a nil pointer would not be nil
		if clusters != nil {
			data.Source, data.Routes = clusters, clusters
		}
	}
	if !resp.Diagnostics.HasError() {
		p.data.Store(data)
		resp.ResourceData, resp.DataSourceData, resp.ActionData, resp.ListResourceData = data, data, data, data
	}
}

func partition(ctx context.Context, config tfsdk.Config) (string, diag.Diagnostics) {
	var value types.String
	diags := config.GetAttribute(ctx, path.Root("partition"), &value)
	if value.ValueString() == "" {
		return ltm.Common, diags
	}
	return value.ValueString(), diags
}

// trafficWarnings is the setting of that name.
func trafficWarnings(ctx context.Context, config tfsdk.Config) (bool, diag.Diagnostics) {
	var value types.Bool
	diags := config.GetAttribute(ctx, path.Root("traffic_warnings"), &value)
	return value.IsNull() || value.ValueBool(), diags
}

// device makes the adapter of the BIG-IP or the pair, and what makes its changes
// last.
func (p *bigipkube) device(ctx context.Context, config tfsdk.Config, data *providerdata.Data) diag.Diagnostics {
	var m deviceModel
	var last lastModel
	var name types.String
	var diags diag.Diagnostics
	for name, target := range map[string]any{
		"address": &m.Address, "addresses": &m.Addresses, "port": &m.Port, "username": &m.Username, "password": &m.Password,
		"token_value": &m.TokenValue, "login_ref": &m.LoginRef, "insecure": &m.Insecure,
		"ca_certificate": &m.CACertificate, "ca_file": &m.CAFile,
		"save_config": &last.SaveConfig, "config_sync_group": &last.ConfigSyncGroup, "device_name": &name,
	} {
		diags.Append(config.GetAttribute(ctx, path.Root(name), target)...)
	}
	settings, d := m.configs(p.getenv)
	diags.Append(d...)
	options, d := last.options(p.getenv)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	units := make([]*icontrol.Client, 0, len(settings))
	for _, unit := range settings {
		unit.UserAgent = "terraform-provider-bigipkube/" + p.version
		client, err := open.client(unit)
		if err != nil {
			diags.Append(deviceSetting(err, len(m.Addresses) > 0))
			return diags
		}
		units = append(units, client)
	}
	client := units[0]
	if len(units) > 1 {
		client = icontrol.NewPair(units...)
	}
	device := bigip.New(client, "", logger)
	data.Device, data.Profiles, data.Reads, data.DeviceName = device, device, device.Reads(), cmp.Or(name.ValueString(), units[0].Address())
	if options != (bigip.CommitOptions{}) {
		data.Committer = device.Committer(options)
	}
	return diags
}

// deviceAttribute is the attribute of each field of icontrol.Config.
func deviceAttribute(field string) string {
	return map[string]string{
		"Address": "address", "Port": "port", "Username": "username", "Password": "password", "Token": "token_value",
		"LoginProvider": "login_ref", "Insecure": "insecure", "CACertificatePEM": "ca_certificate", "CAFile": "ca_file",
	}[field]
}

func deviceSetting(err error, pair bool) diag.Diagnostic {
	e, ok := errors.AsType[*icontrol.ConfigError](err)
	if !ok {
		return diagnostics.InvalidSetting(path.Empty(), err.Error())
	}
	attribute := deviceAttribute(e.Field)
	switch {
	case e.Missing != "":
		return diagnostics.MissingSetting(attribute, e.Env, e.Missing)
	case pair && e.Field == "Address":
		attribute = "addresses"
	}
	return diagnostics.InvalidSetting(path.Root(attribute), e.Reason)
}

// source makes the adapter of the clusters; nil if there is none.
func (p *bigipkube) source(ctx context.Context, config tfsdk.Config) (*kube.Clusters, diag.Diagnostics) {
	var main *clusterModel
	var others map[string]*clusterModel
	diags := config.GetAttribute(ctx, path.Root("kubernetes"), &main)
	diags.Append(config.GetAttribute(ctx, path.Root("clusters"), &others)...)
	settings, err := main.config().WithEnv(p.getenv)
	if err != nil {
		diags.Append(clusterSetting(path.Root("kubernetes"), err))
	}
	if diags.HasError() {
		return nil, diags
	}
	sources := map[string]*kube.Source{}
	add := func(name string, at path.Path, config kube.Config) {
		source, err := kube.New(config, kube.Options{UserAgent: "terraform-provider-bigipkube/" + p.version})
		if err != nil {
			diags.Append(clusterSetting(at, err))
			return
		}
		sources[name] = source
	}
	if main != nil || !settings.IsZero() || kube.InCluster(p.getenv) {
		add("", path.Root("kubernetes"), settings)
	}
	for name, model := range others {
		add(name, path.Root("clusters").AtMapKey(name), model.config())
	}
	if len(sources) == 0 {
		return nil, diags
	}
	return kube.NewClusters(sources), diags
}

// clusterSetting blames the attribute below at: "exec.command" is nested.
func clusterSetting(at path.Path, err error) diag.Diagnostic {
	if e, ok := errors.AsType[*kube.ConfigError](err); ok {
		if e.Field != "" {
			for _, name := range strings.Split(e.Field, ".") {
				at = at.AtName(name)
			}
		}
		err = e.Err
	}
	return diagnostics.InvalidSetting(at, err.Error())
}

// unknownCluster stands for clusters whose settings are not known yet.
type unknownCluster struct{}

var errUnknownCluster = fmt.Errorf("%w: the provider's `kubernetes` setting depends on values that are not known before the apply", engine.ErrSource)

// Snapshot says so.
func (unknownCluster) Snapshot(context.Context, endpoints.Ref) (endpoints.Snapshot, error) {
	return endpoints.Snapshot{}, errUnknownCluster
}

// Routes says so.
func (unknownCluster) Routes(context.Context, binding.Object, ingress.Beside) (ingress.Objects, kube.KeyPairs, error) {
	return ingress.Objects{}, nil, errUnknownCluster
}
