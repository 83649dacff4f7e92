package ingress

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/serverattr"
)

func resourceSchema(ctx context.Context) schema.Schema {
	attributes := placeAttributes()
	maps.Copy(attributes, routeAttributes())
	maps.Copy(attributes, poolAttributes())
	maps.Copy(attributes, serverAttributes())
	maps.Copy(attributes, computedAttributes())
	attributes["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Update: true, Delete: true,
		CreateDescription: "How long a create may take, such as `\"1m\"`. Default: `\"5m\"`.",
		UpdateDescription: "How long an update may take, such as `\"30m\"`. Default: `\"5m\"`.",
		DeleteDescription: "How long a delete may take, such as `\"1m\"`. Default: `\"5m\"`.",
	})
	return schema.Schema{
		MarkdownDescription: "An Ingress, an HTTPRoute, a TLSRoute or a whole Gateway of Kubernetes, served by the BIG-IP: virtual servers for HTTP and HTTPS on one address, " +
			"a policy with the routes, a pool with live members for each backend, and the certificates of its Secrets.\n\n" +
			"The plan shows routes, certificates and members in the words of Kubernetes, such as `+ \"shop.example.com/api\" = \"shop/api:http\"`. " +
			"Everything that an apply changes is in one transaction: what serves goes on serving, and a refusal changes nothing. " +
			"Several resources can share one address, see `address`.\n\n" +
			"Kubernetes is read with the provider's `kubernetes` setting. It needs the rights to get and list `ingresses` and `ingressclasses` (group `networking.k8s.io`), or " +
			"`httproutes` (or `tlsroutes`), `gateways` and `referencegrants` (group `gateway.networking.k8s.io`); to get `services` and `secrets`, and to list `endpointslices`; " +
			"with `monitors_from_probes` to get and list `pods`. " +
			"Private keys are sent to the device and nowhere else: the state has their checksums.",
		Attributes: attributes,
	}
}

// placeAttributes say what is served, and where.
func placeAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "What is served, and where: `ingress/shop/web@/shop/203.0.113.10`. It is kind, namespace and name, with the cluster before the namespace " +
				"where one is named, then partition, folder and address. An import takes it.",
		},
		"partition": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The partition of all objects on the BIG-IP. It must exist. Default: the provider's `partition`. A change replaces the resource.",
			Validators:          []validator.String{customtypes.Name()},
		},
		"folder": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The folder of the objects below the partition, such as `app` or `app/deeper`. It must exist. Default: none. A change replaces the resource.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			Validators:          []validator.String{customtypes.Folder()},
		},
		"ingress": objectAttribute("The Ingress to serve. Of `ingress`, `http_route`, `tls_route` and `gateway` exactly one is written. A change replaces the resource.",
			objectvalidator.ExactlyOneOf(path.MatchRoot("http_route"), path.MatchRoot("tls_route"), path.MatchRoot("gateway"))),
		"http_route": objectAttribute("The HTTPRoute to serve. Its Gateways say which ports and certificates it has; one without any is served as an Ingress is. A change replaces the resource."),
		"tls_route": objectAttribute("The TLSRoute to serve: clients are sent to its pods by the server name that they ask for, and the pods end TLS. Its Gateways say which ports it has; " +
			"one without any is served on `https_port`. A change replaces the resource."),
		"gateway": objectAttribute("The Gateway to serve, with all HTTPRoutes and TLSRoutes that are attached to it. A change replaces the resource."),
		"address": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "The address that clients connect to, such as `203.0.113.10` or `2001:db8::10`. A route domain follows it: `10.0.0.1%2`. Several resources may have the same " +
				"address and partition: hosts and paths are merged, and where two have the same one, the older Ingress or route serves it. A port ends TLS or leaves it to the pods: who serves on it first keeps it. " +
				"Then attributes of the virtual server itself, such as `client_ip`, must be the same in all of them. A change replaces the resource.",
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			Validators:    []validator.String{customtypes.Address()},
		},
		"name": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What the names of the virtual servers begin with: `shop` makes `shop_443`. Virtual servers that are there already keep theirs. Default: the address. " +
				"A change replaces the resource.",
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			Validators:    []validator.String{customtypes.Name()},
		},
	}
}

// objectAttribute names an object of Kubernetes.
func objectAttribute(description string, validators ...validator.Object) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.Object{objectplanmodifier.RequiresReplace()},
		Validators:          validators,
		Attributes: map[string]schema.Attribute{
			"cluster": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of a cluster in the provider's `clusters`. Default: the cluster of its `kubernetes` setting.",
				Validators:          []validator.String{customtypes.Name()},
			},
			"namespace": nameInCluster("The namespace of the object."),
			"name":      nameInCluster("The name of the object."),
		},
	}
}

func nameInCluster(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Required:            true,
		MarkdownDescription: description,
		Validators:          []validator.String{stringvalidator.LengthAtLeast(1), customtypes.Name()},
	}
}

// routeAttributes say how the routes are served.
func routeAttributes() map[string]schema.Attribute {
	port := func(standard int64, what string) schema.Int64Attribute {
		return schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(standard),
			MarkdownDescription: "The port for " + what + ", of an Ingress and of a route without a Gateway: the listeners of a Gateway have ports of their own.",
			Validators:          []validator.Int64{int64validator.Between(1, 65535)},
		}
	}
	http, https := port(80, "HTTP"), port(443, "HTTPS")
	http.MarkdownDescription += " Default: `80`."
	https.MarkdownDescription += " Default: `443`."
	return map[string]schema.Attribute{
		"http_port":  http,
		"https_port": https,
		"https_redirect": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether hosts with a certificate are redirected from HTTP to HTTPS. `false` serves them on both. Default: `true`.",
		},
		"ingress_class": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The class that the Ingress must have; one with another class is not served. Default: any class.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"certificates": schema.MapNestedAttribute{
			Optional: true,
			MarkdownDescription: "Secrets of type TLS beside those that the Ingress or Gateway names, by the host that each is for; `*` is for hosts without one of their own, " +
				"and for clients that name no host. Default: none.",
			Validators: []validator.Map{mapvalidator.SizeAtLeast(1)},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"namespace": nameInCluster("The namespace of the Secret."),
				"name":      nameInCluster("The name of the Secret."),
			}},
		},
		"fallback": fallbackAttribute(),
		"client_ip": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(string(routes.ForwardedFor)),
			MarkdownDescription: "How a pod learns the address of a client. `x-forwarded-for`: from the last field of that name, which the BIG-IP adds; connections come from the BIG-IP. " +
				"`preserve`: from the connection itself, which works only where pods answer through the BIG-IP. `snat`: not at all. Default: `x-forwarded-for`.",
			Validators: []validator.String{clientIPWay{}},
		},
		"revision": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A text that changes whenever the same configuration changes what is served in the cluster, such as a hash of the manifests that a `terraform_data` applies, or " +
				"`sha256(jsonencode(kubernetes_ingress_v1.web.spec))`. A plan is made before such a change, so it would serve it one apply later. Where this text differs from the last one's, " +
				"routes, certificates and members are known after the apply, which reads the cluster in its turn. Refer to what makes the change, so that it comes first. It is not on the device. Default: none.",
		},
		"waf_policy": serverattr.Reference("The WAF policy (ASM) that everything forwarded passes: a full path, such as `/Common/baseline`. Needs ASM on the device. Default: none."),
		"allowed_sources": schema.SetAttribute{
			ElementType: types.StringType,
			Optional:    true,
			MarkdownDescription: "The networks of the clients that are served, such as `198.51.100.0/24`; all others get the status 403. It is for the routes of this resource, where `source` is for " +
				"the virtual servers, and so for all resources at the address. `fallback` is for all clients. It counts more than the annotations of an Ingress. Default: those that an Ingress' annotations name, else all.",
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(customtypes.Network())},
		},
		"strict": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether anything in `problems` is an error, and nothing is changed then. Otherwise such a rule is a warning, and the others are served. Default: `false`.",
		},
	}
}

func fallbackAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The answer for what no route matches: one of its attributes. Default: status 404.",
		Attributes: map[string]schema.Attribute{
			"reset": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "`true` resets the connection. Default: `false`.",
			},
			"redirect": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Redirects to this URL. Default: none.",
				Validators:          []validator.String{customtypes.URL()},
			},
			"pool": serverattr.Reference("Forwards to this pool, which somebody else makes: a full path, usually the `id` of a `bigipkube_pool`. Default: none."),
		},
	}
}
