package ingress

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

// poolAttributes are what all pools have.
func poolAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"monitors": schema.SetAttribute{
			ElementType: types.StringType,
			Optional:    true,
			MarkdownDescription: "The monitors that decide whether a member is available, as full paths such as `/Common/http`. All of them must succeed. " +
				"Default: none, a pod that is ready counts as available.",
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(customtypes.FullPath())},
		},
		"monitors_from_probes": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether each pool gets a monitor made of the `readinessProbe` of its Service's pods: of the container that has the Service's port, in the youngest pod that is ready. " +
				"`httpGet` becomes an `http` or `https` monitor, `tcpSocket` a `tcp` one, with the period and the thresholds of the probe. Where there is no such probe, or it is another one, " +
				"that is one of the `problems`, and a pod that is ready counts as available. Kubernetes needs the rights to get and list `pods` then. Not together with `monitors`. Default: `false`.",
		},
		"load_balancing_mode": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How new connections are shared between the members of a pool, in tmsh's words. " +
				"Default: `round-robin`, and `ratio-member` where backends have weights.",
			Validators: []validator.String{stringvalidator.OneOf(ltm.LoadBalancingModes()...)},
		},
		"node_port": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the members are the nodes with the node ports of the Services, not their pods: for a BIG-IP that has no route to the pods. Default: `false`.",
		},
		"family": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The address family of the members, `IPv4` or `IPv6`, or `dual` for a member of each. Default: the first one of each Service.",
			Validators:          []validator.String{stringvalidator.OneOf(string(endpoints.IPv4), string(endpoints.IPv6), string(endpoints.Dual))},
		},
		"route_domain": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The route domain of the members, 0 to 65534. Default: `0`, the device's first one.",
			Validators:          []validator.Int64{int64validator.Between(0, ltm.MaxRouteDomain)},
		},
		"drain": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long a member that leaves may keep its open connections, such as `\"2m\"`. Default: members leave at once.",
			Validators:          []validator.String{customtypes.Duration()},
		},
		"min_members": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The number of enabled members of a pool below which the reconciliation helper never goes. Default: `0`, no such floor.",
			Validators:          []validator.Int64{int64validator.Between(0, 65535)},
		},
	}
}

// serverAttributes are what the virtual servers have beside what routes need.
func serverAttributes() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"tcp_profile": serverattr.Reference("The TCP profile: a full path. Default: `/Common/tcp`."),
		"http_profile": serverattr.Reference("The HTTP profile: a full path. With `client_ip = \"x-forwarded-for\"` a profile that inherits from it is made. " +
			"Default: `/Common/http`."),
		"server_ssl_profile": serverattr.Reference("The server-ssl profile that encrypts towards the pods: a full path, such as `/Common/serverssl`. Default: none, pods get plain HTTP."),
		"client_ssl_parent": serverattr.Reference("The client-ssl profile from which those of the certificates inherit ciphers and protocols: a full path. " +
			"Default: `/Common/clientssl`."),
		"profiles": schema.MapAttribute{
			ElementType: types.StringType,
			Optional:    true,
			MarkdownDescription: "Profiles beside those that routes need: the full path of each, with the side that it is for, `all`, `clientside` or `serverside`. " +
				"`{ \"/Common/http2\" = \"clientside\", \"/Common/oneconnect\" = \"all\" }` adds HTTP/2 and reuses connections to the pods; bot defense and DoS profiles go here too. Default: none.",
			Validators: []validator.Map{
				mapvalidator.SizeAtLeast(1),
				mapvalidator.KeysAre(customtypes.FullPath()),
				mapvalidator.ValueStringsAre(stringvalidator.OneOf(
					string(ltm.ContextAll), string(ltm.ContextClientSide), string(ltm.ContextServerSide))),
			},
		},
		"irules": schema.ListAttribute{
			ElementType:         types.StringType,
			Optional:            true,
			MarkdownDescription: "iRules of your own, as full paths, in the order in which they run, behind the one that answers with a status. With any of them, a request that no pod takes is theirs to answer (`LB_FAILED`); without, it is answered with 503. Default: none.",
			Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.ValueStringsAre(customtypes.FullPath())},
		},
		"persistence":          serverattr.Reference("The persistence profile that keeps a client on its pod: a full path such as `/Common/cookie`. Default: none."),
		"fallback_persistence": serverattr.Reference("The persistence profile for clients that `persistence` cannot tell apart: a full path such as `/Common/source_addr`. Default: none."),
		"snat_pool": serverattr.Reference("The SNAT pool whose addresses the pods see: a full path. Not with `client_ip = \"preserve\"`. " +
			"Default: an address of the BIG-IP itself."),
	}
	maps.Copy(attributes, serverattr.Attributes())
	return attributes
}

// computedAttributes say what is served, and what should be.
func computedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"virtual_servers": schema.MapAttribute{
			ElementType: types.StringType, Computed: true,
			MarkdownDescription: "The virtual servers, by port: `{ \"443\" = \"/shop/203.0.113.10_443\" }`.",
		},
		"routes": schema.MapAttribute{
			ElementType: types.StringType, Computed: true,
			MarkdownDescription: "What each request gets. A key is host and path: `shop.example.com/api` is for that path and all below it; what else is asked of a request " +
				"follows in brackets (`[exact POST header x-canary=always]`); `*` is any host; `otherwise` is what nothing matches. Keys are those of the port with TLS, where there is one; those of " +
				"another port have it behind the host. A value is a backend (`shop/api:http`), backends with their weights (`shop/api:http=80 shop/api2:http=20`), a redirect, or a status. " +
				"`db.example.com (TLS)` is a host whose TLS is left to the pods.",
		},
		"tls": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "The certificates that are served, by host; `*` is for clients that name none, or one without a certificate.",
			NestedObject:        schema.NestedAttributeObject{Attributes: certificateAttributes()},
		},
		"pools": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "The pools that the routes forward to, by their full path.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"backends": schema.StringAttribute{Computed: true, MarkdownDescription: "The backends of the pool, as in `routes`."},
				"members":  membersAttribute(),
			}},
		},
		"problems": schema.ListAttribute{
			ElementType: types.StringType, Computed: true,
			MarkdownDescription: "What the Ingress, HTTPRoute, TLSRoute or Gateway asks for and does not get as it asked: one sentence each, with the rule and what became of it. See `strict`.",
		},
		"differences": schema.ListAttribute{
			ElementType: types.StringType, Computed: true,
			MarkdownDescription: "What else on the BIG-IP is not as it should be, one line each, such as a profile that somebody took away. An apply mends it.",
		},
		"wanted": wantedAttribute(),
	}
}

func certificateAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"certificate":  schema.StringAttribute{Computed: true, MarkdownDescription: "The full path of the certificate on the BIG-IP; its key has the same one."},
		"checksum":     schema.StringAttribute{Computed: true, MarkdownDescription: "The checksum of the certificate's file, as the BIG-IP shows it."},
		"key_checksum": schema.StringAttribute{Computed: true, MarkdownDescription: "The checksum of the key's file."},
	}
}

func membersAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The members, by address and port. Those that somebody else has added are here too, without a backend; they stay as they are.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"session": schema.StringAttribute{Computed: true, MarkdownDescription: "`enabled`, `disabled` or `forced-offline`, as in `bigipkube_pool`."},
			"ratio":   schema.Int64Attribute{Computed: true, MarkdownDescription: "The weight of the member in its pool."},
			"backend": schema.StringAttribute{Computed: true, MarkdownDescription: "The name of the backend that the member is of."},
			"pod":     schema.StringAttribute{Computed: true, MarkdownDescription: "The pod behind the member."},
		}},
	}
}

// wantedAttribute is what the cluster asked for when it was read last.
func wantedAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Computed: true,
		MarkdownDescription: "What Kubernetes asked for when it was read last: the next plan is made of it. It differs from `routes`, `tls` and `pools`, which are read from the " +
			"BIG-IP, where something is still to be applied.",
		Attributes: map[string]schema.Attribute{
			"virtual_servers": schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The virtual servers, as in `virtual_servers`."},
			"routes":          schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The routes, as in `routes`."},
			"tls": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "The certificates, as in `tls`.",
				NestedObject: schema.NestedAttributeObject{Attributes: certificateAttributes()},
			},
			"pools": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "The pools, by their full path.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"binding": schema.StringAttribute{Computed: true, MarkdownDescription: "What the pool is bound to, as it stands in its description on the BIG-IP."},
					"endpoints": schema.MapNestedAttribute{
						Computed: true, MarkdownDescription: "The endpoints of its backends, by address and port, as in `bigipkube_pool`.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"backend": schema.StringAttribute{Computed: true, MarkdownDescription: "The name of the backend."},
							"state":   schema.StringAttribute{Computed: true, MarkdownDescription: "`ready`, `draining` or `not-ready`."},
							"pod":     schema.StringAttribute{Computed: true, MarkdownDescription: "The pod behind it."},
							"node":    schema.StringAttribute{Computed: true, MarkdownDescription: "The node of the pod."},
							"also_in": schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Further backends that have the endpoint."},
						}},
					},
				}},
			},
		},
	}
}
