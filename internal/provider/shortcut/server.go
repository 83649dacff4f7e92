package shortcut

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Framework is the framework's server, with all that a CLI may ask of it.
type Framework interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// Config is what a Server is made of.
type Config struct {
	Framework Framework
	Provider  string // the beginning of the names of the types
	// Data returns what the resources are configured with; nil until the provider is.
	Data func() any
	// Resources makes a resource of each type that the server answers for.
	Resources []func() resource.Resource
}

// Server answers what it can and asks the framework for the rest.
type Server struct {
	Framework
	data    func() any
	kinds   map[string]kind
	stopped context.Context //nolint:containedctx // the end of the requests that it serves
	stop    context.CancelFunc
}

// kind is a type of resources.
type kind struct {
	create       func() resource.Resource
	schema       schema.Schema
	object       tftypes.Type
	identity     identityschema.Schema
	identityType tftypes.Type
	defaults     defaults
}

// New returns a Server. It is an error if a type is not one for it.
func New(ctx context.Context, config Config) (*Server, error) {
	s := &Server{Framework: config.Framework, data: config.Data, kinds: map[string]kind{}}
	s.stopped, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, create := range config.Resources {
		one := create()
		identified, ok := one.(resource.ResourceWithIdentity)
		if !ok {
			return nil, fmt.Errorf("%T has no identity", one)
		}
		var name resource.MetadataResponse
		var shape resource.SchemaResponse
		var identity resource.IdentitySchemaResponse
		one.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: config.Provider}, &name)
		one.Schema(ctx, resource.SchemaRequest{}, &shape)
		identified.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
		if len(shape.Schema.Blocks) > 0 {
			return nil, fmt.Errorf("%s has blocks", name.TypeName)
		}
		values, err := defaultsOf(ctx, shape.Schema.Attributes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name.TypeName, err)
		}
		s.kinds[name.TypeName] = kind{
			create: create,
			schema: shape.Schema, object: shape.Schema.Type().TerraformType(ctx),
			identity: identity.IdentitySchema, identityType: identity.IdentitySchema.Type().TerraformType(ctx),
			defaults: values,
		}
	}
	return s, nil
}

// StopProvider ends the requests that run, as the framework does with its own.
func (s *Server) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.stop()
	return s.Framework.StopProvider(ctx, req)
}

// configured makes a resource that has the provider's data, and what it is of. Nil
// is for the framework: a type that is not ours, or a provider without its data.
func (s *Server) configured(ctx context.Context, typeName string) (resource.Resource, kind) {
	kind, ours := s.kinds[typeName]
	data := s.data()
	if !ours || data == nil || s.stopped.Err() != nil {
		return nil, kind
	}
	one := kind.create()
	if with, ok := one.(resource.ResourceWithConfigure); ok {
		var resp resource.ConfigureResponse
		with.Configure(ctx, resource.ConfigureRequest{ProviderData: data}, &resp)
		if len(resp.Diagnostics) > 0 {
			return nil, kind
		}
	}
	return one, kind
}

// UpgradeResourceState passes on what a state file has. What it has beyond the schema
// is left out, as the framework does.
func (s *Server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	kind, ours := s.kinds[req.TypeName]
	if !ours || req.RawState == nil || req.Version != kind.schema.Version {
		return s.Framework.UpgradeResourceState(ctx, req)
	}
	value, err := req.RawState.UnmarshalWithOpts(kind.object, tfprotov6.UnmarshalOpts{
		ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true},
	})
	if err != nil { // the framework words it
		return s.Framework.UpgradeResourceState(ctx, req)
	}
	state, err := tfprotov6.NewDynamicValue(kind.object, value)
	if err != nil {
		return nil, err
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, nil
}
