package provider

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
)

func providerSchema() schema.Schema {
	attributes := deviceAttributes()
	maps.Copy(attributes, map[string]schema.Attribute{
		"traffic_warnings": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether a plan warns, in one sentence for each object, when it moves live traffic: `shop: blue 100% -> 0%, green 0% -> 100%, 4 of 5 green members available`. " +
				"The number of available members is one request, made for the warning alone. A plan with `-refresh=false` does not warn. Default: `true`.",
		},
		"kubernetes": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "The Kubernetes cluster that `backends` and `bigipkube_endpoints` read. Its attributes and environment variables are those of the " +
				"hashicorp/kubernetes provider. It needs the right to get services and to list endpointslices; to list pods for a `selector`, and nodes for a `node_port`. Default: what the " +
				"environment says (`KUBE_CONFIG_PATH`, `KUBE_HOST` …), else the cluster that Terraform runs in, else none: pools with `members` need no cluster.",
			Attributes: clusterAttributes(),
		},
		"clusters": schema.MapNestedAttribute{
			Optional: true,
			MarkdownDescription: "Further clusters by a name of your own, for `cluster = \"east\"` in a backend. Each has the attributes of " +
				"`kubernetes`; the environment does not count here. Default: none.",
			Validators:   []validator.Map{mapvalidator.KeysAre(stringvalidator.LengthAtLeast(1))},
			NestedObject: schema.NestedAttributeObject{Attributes: clusterAttributes()},
		},
	})
	return schema.Schema{
		MarkdownDescription: "Makes an F5 BIG-IP serve what runs on Kubernetes: pods as pool members, and cutovers that can be read in a plan.",
		Attributes:          attributes,
	}
}

func deviceAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"address": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The management address of the BIG-IP: a name or an IP address, with or without `https://` and `:port`. " +
				"Required, here or in `BIGIP_HOST`, unless there are `addresses`.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.ConflictsWith(path.MatchRoot("addresses"))},
		},
		"addresses": schema.ListAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "The management addresses of the two units of a pair, each as `address` has it, instead of `address`. Everything is read from and written to the unit that is active; " +
				"a failover in the middle of an apply is followed. `port` and the credentials are those of both. " +
				"Default: `BIGIP_HOST`, where it holds two addresses parted by a comma, else there is one device only.",
			Validators: []validator.List{
				listvalidator.SizeBetween(1, 2), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
			},
		},
		"device_name": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A name of your own for the device or the pair, which stays when its addresses change; it is the `device` in the identity of objects. " +
				"Default: the address as host and port, or the first of `addresses`.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"save_config": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "When the running configuration is written to the disk of the device, so that a reboot keeps what was changed: `after_apply` (after the changes of a resource; " +
				"those that end together share one save, which is one request; on a device with much configuration it takes tens of seconds) or `never` (somebody else saves). " +
				"It saves all partitions. A user whose role may not save gets one warning. Default: `BIGIP_SAVE_CONFIG`, else `after_apply`.",
			Validators: []validator.String{stringvalidator.OneOf(saveAfterApply, saveNever)},
		},
		"config_sync_group": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The device group to which the changes are synchronised (`tmsh run cm config-sync to-group`), before they are saved; those that end together share one synchronisation. " +
				"The save is then one on each unit of `addresses`. What could not be synchronised is a warning. " +
				"Leave it out where the group synchronises by itself. Default: `BIGIP_CONFIG_SYNC_GROUP`, else none.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"port": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The management port, 1 to 65535. Default: the port in `address`, else `BIGIP_PORT`, else `443`.",
			Validators:          []validator.Int64{int64validator.Between(1, 65535)},
		},
		"username": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The user to log in as. The role Manager in the partition is enough. Default: `BIGIP_USER`. Required unless there is a `token_value`.",
		},
		"password": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The user's password. Default: `BIGIP_PASSWORD`.",
		},
		"token_value": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "A token that was made elsewhere, instead of user name and password; it is not deleted at the end. Default: `BIGIP_TOKEN_VALUE`.",
		},
		"login_ref": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The login provider (authentication source) on the device. Default: `BIGIP_LOGIN_REF`, else `tmos`.",
		},
		"insecure": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether to talk to a device whose certificate cannot be verified: anybody on the way can read the password then. " +
				"Default: `BIGIP_INSECURE`, else `false`.",
		},
		"ca_certificate": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The certificate authority of the device's certificate, in PEM form, beside those of the system. Default: none.",
		},
		"ca_file": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "A file with certificate authorities in PEM form, beside those of the system. Default: `BIGIP_TRUSTED_CERT_PATH`, else none.",
		},
		"partition": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The partition of objects that do not name one. It must exist. Default: `Common`.",
			Validators:          []validator.String{customtypes.Name()},
		},
	}
}

func clusterAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"config_path": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The path of a kubeconfig file; `~` is the home folder. Default: `KUBE_CONFIG_PATH`. `KUBECONFIG` and `~/.kube/config` are not read.",
		},
		"config_paths": schema.ListAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "Paths of several kubeconfig files, which are merged. Conflicts with `config_path`. Default: `KUBE_CONFIG_PATHS`, a list like `PATH`.",
		},
		"config_context": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The context of the kubeconfig. Default: `KUBE_CTX`, else its current context.",
		},
		"config_context_auth_info": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The user of the kubeconfig, instead of the context's. Default: `KUBE_CTX_AUTH_INFO`.",
		},
		"config_context_cluster": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The cluster of the kubeconfig, instead of the context's. Default: `KUBE_CTX_CLUSTER`.",
		},
		"host": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The URL of the API server, such as `https://192.0.2.10:6443`. Default: `KUBE_HOST`.",
		},
		"token": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "A bearer token. Default: `KUBE_TOKEN`.",
		},
		"username": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "A user name for basic authentication. Default: `KUBE_USER`.",
		},
		"password": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "A password for basic authentication. Default: `KUBE_PASSWORD`.",
		},
		"cluster_ca_certificate": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The certificate authority of the API server, in PEM form. Default: `KUBE_CLUSTER_CA_CERT_DATA`, else those of the system.",
		},
		"client_certificate": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "A client certificate, in PEM form, together with `client_key`. Default: `KUBE_CLIENT_CERT_DATA`.",
		},
		"client_key": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The key of `client_certificate`, in PEM form. Default: `KUBE_CLIENT_KEY_DATA`.",
		},
		"exec": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "A command that prints credentials, as cloud providers have them. It cannot be mixed with other credentials. Default: none.",
			Attributes: map[string]schema.Attribute{
				"api_version": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The version of the command's answer: `client.authentication.k8s.io/v1` or `client.authentication.k8s.io/v1beta1`.",
				},
				"command": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The command, a name on `PATH` or a path.",
				},
				"args": schema.ListAttribute{
					ElementType: types.StringType, Optional: true,
					MarkdownDescription: "The command's arguments. Default: none.",
				},
				"env": schema.MapAttribute{
					ElementType: types.StringType, Optional: true, Sensitive: true,
					MarkdownDescription: "Environment variables for the command, beside those of Terraform. Default: none.",
				},
			},
		},
		"insecure": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether to talk to an API server whose certificate cannot be verified. Default: `KUBE_INSECURE`, else `false`.",
		},
		"proxy_url": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The URL of a proxy: http, https or socks5. It may hold a password. Default: `KUBE_PROXY_URL`, else `HTTPS_PROXY`.",
		},
		"tls_server_name": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name to expect in the API server's certificate. Default: `KUBE_TLS_SERVER_NAME`, else the host of the URL.",
		},
	}
}
