package provider

import (
	"cmp"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigip"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kube"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// deviceModel is the settings for the device.
type deviceModel struct {
	Address       types.String
	Addresses     []types.String
	Port          types.Int64
	Username      types.String
	Password      types.String
	TokenValue    types.String
	LoginRef      types.String
	Insecure      types.Bool
	CACertificate types.String
	CAFile        types.String
}

// lastModel says how changes are made to last.
type lastModel struct {
	SaveConfig      types.String
	ConfigSyncGroup types.String
}

// clusterModel is the settings for one cluster, all of them known.
type clusterModel struct {
	ConfigPath            types.String   `tfsdk:"config_path"`
	ConfigPaths           []types.String `tfsdk:"config_paths"`
	ConfigContext         types.String   `tfsdk:"config_context"`
	ConfigContextAuthInfo types.String   `tfsdk:"config_context_auth_info"`
	ConfigContextCluster  types.String   `tfsdk:"config_context_cluster"`
	Host                  types.String   `tfsdk:"host"`
	Token                 types.String   `tfsdk:"token"`
	Username              types.String   `tfsdk:"username"`
	Password              types.String   `tfsdk:"password"`
	ClusterCACertificate  types.String   `tfsdk:"cluster_ca_certificate"`
	ClientCertificate     types.String   `tfsdk:"client_certificate"`
	ClientKey             types.String   `tfsdk:"client_key"`
	Exec                  *execModel     `tfsdk:"exec"`
	Insecure              types.Bool     `tfsdk:"insecure"`
	ProxyURL              types.String   `tfsdk:"proxy_url"`
	TLSServerName         types.String   `tfsdk:"tls_server_name"`
}

type execModel struct {
	APIVersion types.String            `tfsdk:"api_version"`
	Command    types.String            `tfsdk:"command"`
	Args       []types.String          `tfsdk:"args"`
	Env        map[string]types.String `tfsdk:"env"`
}

// The values of save_config.
const (
	saveAfterApply = "after_apply"
	saveNever      = "never"
)

// options fills what is not set from the environment.
func (m lastModel) options(getenv func(string) string) (bigip.CommitOptions, diag.Diagnostics) {
	var diags diag.Diagnostics
	save := cmp.Or(m.SaveConfig.ValueString(), getenv("BIGIP_SAVE_CONFIG"), saveAfterApply)
	if save != saveAfterApply && save != saveNever {
		diags.Append(diagnostics.InvalidSetting(path.Root("save_config"), fmt.Sprintf("BIGIP_SAVE_CONFIG is %q; it must be %q or %q", save, saveAfterApply, saveNever)))
	}
	return bigip.CommitOptions{
		Save: save == saveAfterApply, SyncGroup: cmp.Or(m.ConfigSyncGroup.ValueString(), getenv("BIGIP_CONFIG_SYNC_GROUP")),
	}, diags
}

// settings are those of the attributes.
func (m deviceModel) settings() icontrol.Settings {
	addresses := texts[string](m.Addresses)
	if len(addresses) == 0 && m.Address.ValueString() != "" {
		addresses = []string{m.Address.ValueString()}
	}
	return icontrol.Settings{
		Addresses: addresses,
		Insecure:  m.Insecure.ValueBoolPointer(),
		Config: icontrol.Config{
			Port:             int(m.Port.ValueInt64()),
			Username:         m.Username.ValueString(),
			Password:         icontrol.Secret(m.Password.ValueString()),
			Token:            icontrol.Secret(m.TokenValue.ValueString()),
			LoginProvider:    m.LoginRef.ValueString(),
			CACertificatePEM: m.CACertificate.ValueString(),
			CAFile:           m.CAFile.ValueString(),
			Logger:           logger,
		},
	}
}

// configs are those of the units: the same but for the address.
func (m deviceModel) configs(getenv func(string) string) ([]icontrol.Config, diag.Diagnostics) {
	var diags diag.Diagnostics
	settings := m.settings()
	configs, problems := settings.Configs(getenv)
	for _, problem := range problems {
		diags.Append(deviceSetting(problem, len(m.Addresses) > 0))
	}
	if settings.UnverifiedByEnv(getenv) {
		diags.Append(diagnostics.InsecureByEnvironment())
	}
	return configs, diags
}

// config says how to reach the cluster; nil is a Config with nothing set.
func (m *clusterModel) config() kube.Config {
	if m == nil {
		return kube.Config{}
	}
	config := kube.Config{
		ConfigPath:            m.ConfigPath.ValueString(),
		ConfigPaths:           texts[string](m.ConfigPaths),
		ConfigContext:         m.ConfigContext.ValueString(),
		ConfigContextAuthInfo: m.ConfigContextAuthInfo.ValueString(),
		ConfigContextCluster:  m.ConfigContextCluster.ValueString(),
		Host:                  m.Host.ValueString(),
		ClusterCACertificate:  m.ClusterCACertificate.ValueString(),
		Insecure:              m.Insecure.ValueBoolPointer(),
		TLSServerName:         m.TLSServerName.ValueString(),
		ProxyURL:              kube.Secret(m.ProxyURL.ValueString()),
		Token:                 kube.Secret(m.Token.ValueString()),
		Username:              m.Username.ValueString(),
		Password:              kube.Secret(m.Password.ValueString()),
		ClientCertificate:     m.ClientCertificate.ValueString(),
		ClientKey:             kube.Secret(m.ClientKey.ValueString()),
	}
	if m.Exec != nil {
		config.Exec = &kube.Exec{
			APIVersion: m.Exec.APIVersion.ValueString(),
			Command:    m.Exec.Command.ValueString(),
			Args:       texts[kube.Secret](m.Exec.Args),
			Env:        map[string]kube.Secret{},
		}
		for name, value := range m.Exec.Env {
			config.Exec.Env[name] = kube.Secret(value.ValueString())
		}
	}
	return config
}

func texts[T ~string](values []types.String) []T {
	var list []T
	for _, value := range values {
		list = append(list, T(value.ValueString()))
	}
	return list
}
