package provider

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

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

// addresses are those of the device, or of the units of a pair. The environment
// may have several, parted by commas.
func (m deviceModel) addresses(getenv func(string) string) []string {
	switch {
	case len(m.Addresses) > 0:
		return texts[string](m.Addresses)
	case m.Address.ValueString() != "":
		return []string{m.Address.ValueString()}
	}
	var all []string
	for _, address := range strings.Split(getenv("BIGIP_HOST"), ",") {
		if address = strings.TrimSpace(address); address != "" {
			all = append(all, address)
		}
	}
	return all
}

// configs are those of the units: the same but for the address.
func (m deviceModel) configs(getenv func(string) string) ([]icontrol.Config, diag.Diagnostics) {
	config, diags := m.config(getenv)
	addresses := m.addresses(getenv)
	switch {
	case len(addresses) > 2:
		diags.Append(diagnostics.InvalidSetting(path.Root("addresses"), fmt.Sprintf("a pair has two units, and BIGIP_HOST names %d", len(addresses))))
	case len(addresses) > 1 && config.Token != "":
		diags.Append(diagnostics.InvalidSetting(path.Root("token_value"), "a token is good for one device: a pair needs `username` and `password`"))
	}
	all := make([]icontrol.Config, 0, len(addresses))
	for _, config.Address = range addresses {
		all = append(all, config)
	}
	return all, diags
}

// config fills what is not set from the environment. A way to log in that is
// set keeps the other one in the environment out. The address is the first one.
func (m deviceModel) config(getenv func(string) string) (icontrol.Config, diag.Diagnostics) {
	var diags diag.Diagnostics
	config := icontrol.Config{
		Port:             int(m.Port.ValueInt64()),
		Username:         m.Username.ValueString(),
		Password:         icontrol.Secret(m.Password.ValueString()),
		Token:            icontrol.Secret(m.TokenValue.ValueString()),
		LoginProvider:    cmp.Or(m.LoginRef.ValueString(), getenv("BIGIP_LOGIN_REF")),
		Insecure:         m.Insecure.ValueBool(),
		CACertificatePEM: m.CACertificate.ValueString(),
		CAFile:           cmp.Or(m.CAFile.ValueString(), getenv("BIGIP_TRUSTED_CERT_PATH")),
		Logger:           logger,
	}
	hasUser, hasToken := config.Username != "" || config.Password != "", config.Token != ""
	if !hasToken {
		config.Username = cmp.Or(config.Username, getenv("BIGIP_USER"))
		config.Password = cmp.Or(config.Password, icontrol.Secret(getenv("BIGIP_PASSWORD")))
	}
	if !hasUser {
		config.Token = cmp.Or(config.Token, icontrol.Secret(getenv("BIGIP_TOKEN_VALUE")))
	}
	if text := getenv("BIGIP_PORT"); text != "" && config.Port == 0 {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			diags.Append(diagnostics.InvalidSetting(path.Root("port"), fmt.Sprintf("BIGIP_PORT is %q; it must be a number from 1 to 65535", text)))
		}
		config.Port = int(port)
	}
	if m.Insecure.IsNull() {
		config.Insecure = insecureByEnvironment(getenv, &diags)
	}
	if addresses := m.addresses(getenv); len(addresses) > 0 {
		config.Address = addresses[0]
	}
	switch {
	case config.Address == "":
		diags.Append(diagnostics.MissingSetting("address", "BIGIP_HOST", "the management address of the BIG-IP"))
	case config.Token == "" && config.Username == "":
		diags.Append(diagnostics.MissingSetting("username", "BIGIP_USER", "a user name (and a password), or a token"))
	case config.Token == "" && config.Password == "":
		diags.Append(diagnostics.MissingSetting("password", "BIGIP_PASSWORD", "the password of the user "+config.Username))
	}
	return config, diags
}

func insecureByEnvironment(getenv func(string) string, diags *diag.Diagnostics) bool {
	read := func(name string) (bool, bool) {
		text := getenv(name)
		if text == "" {
			return false, false
		}
		value, err := strconv.ParseBool(text)
		if err != nil {
			diags.Append(diagnostics.InvalidSetting(path.Root("insecure"), fmt.Sprintf("%s is %q; it must be true or false", name, text)))
		}
		return value, true
	}
	if value, set := read("BIGIP_INSECURE"); set {
		return value
	}
	value, _ := read("BIGIP_VERIFY_CERT_DISABLE")
	if value {
		diags.Append(diagnostics.InsecureByEnvironment())
	}
	return value
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
