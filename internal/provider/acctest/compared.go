package acctest

import (
	"context"
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/shortcut"
)

// compared is the provider as a CLI meets it, which asks the framework too whatever
// package shortcut may have answered: a test fails where the answers differ. Reads are
// left out, for a second one would be another look at the device.
type compared struct{ *shortcut.Server }

// newServer makes a provider for a test.
func newServer() (tfprotov6.ProviderServer, error) {
	server, err := provider.NewServer(context.Background(), "test")
	return compared{server}, err
}

func (c compared) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	got, err := c.Server.UpgradeResourceState(ctx, req)
	if err != nil {
		return nil, err
	}
	want, err := c.Framework.UpgradeResourceState(ctx, req)
	if err != nil {
		return nil, err
	}
	return got, c.differ(ctx, req.TypeName, want, got)
}

func (c compared) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	want, err := c.Framework.PlanResourceChange(ctx, req)
	if got := c.Unchanged(ctx, req); got != nil && err == nil {
		return got, c.differ(ctx, req.TypeName, want, got)
	}
	return want, err
}

// differ is an error that shows how two answers differ.
func (c compared) differ(ctx context.Context, typeName string, want, got any) error {
	schemas, err := c.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	identities, err := c.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	kinds := []tftypes.Type{schemas.ResourceSchemas[typeName].ValueType()}
	if identity, ok := identities.IdentitySchemas[typeName]; ok {
		kinds = append(kinds, identity.ValueType())
	}
	if diff := cmp.Diff(want, got, decoded(kinds)); diff != "" {
		return fmt.Errorf("%s is answered in another way than the framework would (-want +got):\n%s", typeName, diff)
	}
	return nil
}

// decoded compares what is packed by what it says, as one of the types: a map has no
// order.
func decoded(kinds []tftypes.Type) cmp.Option {
	return cmp.Transformer("decoded", func(packed *tfprotov6.DynamicValue) string {
		if packed == nil {
			return "none"
		}
		for _, kind := range kinds {
			if value, err := packed.Unmarshal(kind); err == nil {
				return value.String()
			}
		}
		return "of none of the types"
	})
}
