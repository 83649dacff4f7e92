package ingress

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// kindWord is the word for the resource in messages.
const kindWord = "ingress"

// identityModel is an identity: what is served, and where. It is what an id has, too.
type identityModel struct {
	identity.Place
	Address   types.String `tfsdk:"address"`
	Kind      types.String `tfsdk:"kind"`
	Cluster   types.String `tfsdk:"cluster"`
	Namespace types.String `tfsdk:"namespace"`
	Name      types.String `tfsdk:"name"`
}

// IdentitySchema is what Terraform 1.12 and later tell by what is served, and where.
func (r *ingressResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	attributes := identity.PlaceAttributes("virtual servers")
	attributes["partition"] = identityschema.StringAttribute{
		OptionalForImport: true, Description: "The partition that the virtual servers are in. Default: the provider's partition.",
	}
	attributes["cluster"] = identityschema.StringAttribute{
		OptionalForImport: true, Description: "The name of a cluster in the provider's clusters. Default: the cluster of its kubernetes setting.",
	}
	for name, description := range map[string]string{
		"address": "The address that clients connect to.", "kind": "What is served: " + kindNames() + ".",
		"namespace": "The namespace of what is served.", "name": "The name of what is served.",
	} {
		attributes[name] = identityschema.StringAttribute{RequiredForImport: true, Description: description}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: attributes}
}

// setIdentity writes the identity of a binding. There is none to write where the CLI does
// not ask for one.
func (r *ingressResource) setIdentity(ctx context.Context, to *tfsdk.ResourceIdentity, key routes.Key) diag.Diagnostics {
	if to == nil || r.Data == nil {
		return nil
	}
	return structs.Set(ctx, to, identityModel{
		Place:   identity.PlaceOf(r.Data, key.Partition, key.Folder),
		Address: types.StringValue(key.Address.String()), Kind: types.StringValue(key.Owner.Kind),
		Cluster: textOrNull(key.Owner.Cluster), Namespace: types.StringValue(key.Owner.Namespace), Name: types.StringValue(key.Owner.Name),
	})
}

// identify writes the identity of a model that is known.
func (r *ingressResource) identify(ctx context.Context, to *tfsdk.ResourceIdentity, m model) diag.Diagnostics {
	key, err := m.key()
	if err != nil {
		return nil // the schema's validator has seen it
	}
	return r.setIdentity(ctx, to, key)
}

// imported is the id of what is to be imported, by its id or by its identity.
func (r *ingressResource) imported(ctx context.Context, req resource.ImportStateRequest) (model, diag.Diagnostics) {
	id := req.ID
	if id == "" && req.Identity != nil {
		var m identityModel
		if diags := structs.Get(ctx, req.Identity, &m); diags.HasError() {
			return model{}, diags
		}
		owner := binding.Object{Kind: m.Kind.ValueString(), Cluster: m.Cluster.ValueString(), Namespace: m.Namespace.ValueString(), Name: m.Name.ValueString()}
		partition, folder, diags := m.Here(r.Data, kindWord, owner.Namespace+"/"+owner.Name)
		if diags.HasError() {
			return model{}, diags
		}
		place := model{Partition: types.StringValue(partition), Folder: types.StringValue(folder)}.place()
		id = formatID(owner, place, m.Address.ValueString())
	}
	m, err := parseID(id)
	if err != nil {
		return model{}, diag.Diagnostics{diagnostics.InvalidBinding(id, err.Error())}
	}
	return m, nil
}
