package shortcut_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/shortcut"
)

// thing is a resource whose Read ends with its context.
type thing struct {
	schema schema.Schema
	read   func(ctx context.Context)
}

func (r thing) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_thing"
}

func (r thing) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema
}

func (r thing) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name": identityschema.StringAttribute{RequiredForImport: true},
	}}
}

func (r thing) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (r thing) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (r thing) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
func (r thing) Read(ctx context.Context, _ resource.ReadRequest, resp *resource.ReadResponse) {
	r.read(ctx)
	resp.Diagnostics.AddWarning("read", "by the resource")
}

// things is their provider.
type things struct{ one thing }

func (p things) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "test"
}

func (p things) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (p things) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (p things) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (p things) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return p.one }}
}

// counted counts the reads that the framework is asked for.
type counted struct {
	shortcut.Framework
	reads int
}

func (c *counted) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	c.reads++
	return c.Framework.ReadResource(ctx, req)
}

func newServer(t *testing.T, one thing, data any) (*shortcut.Server, *counted, error) {
	t.Helper()
	framework, ok := providerserver.NewProtocol6(things{one})().(shortcut.Framework)
	if !ok {
		t.Fatal("the framework has no list resources or no actions")
	}
	c := &counted{Framework: framework}
	server, err := shortcut.New(t.Context(), shortcut.Config{
		Framework: c, Provider: "test", Data: func() any { return data },
		Resources: []func() resource.Resource{func() resource.Resource { return one }},
	})
	return server, c, err
}

func named() schema.Schema {
	return schema.Schema{Attributes: map[string]schema.Attribute{"name": schema.StringAttribute{Required: true}}}
}

func state(t *testing.T) *tfprotov6.DynamicValue {
	t.Helper()
	text, err := json.Marshal(map[string]string{"name": "x"})
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.DynamicValue{JSON: text}
}

func TestTheFrameworkIsAskedWhereThereIsMoreThanTheResourceKnows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data     any
		typeName string
		private  []byte
		stopped  bool
		asked    int
	}{
		"a configured provider":         {data: 1, typeName: "test_thing"},
		"one that is not configured":    {typeName: "test_thing", asked: 1},
		"another type":                  {data: 1, typeName: "test_other", asked: 1},
		"private data, as of an import": {data: 1, typeName: "test_thing", private: []byte(`{".import_before_read":"dHJ1ZQ=="}`), asked: 1},
		"after the end":                 {data: 1, typeName: "test_thing", stopped: true, asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, framework, err := newServer(t, thing{named(), func(context.Context) {}}, test.data)
			if err != nil {
				t.Fatal(err)
			}
			if test.stopped {
				if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
					t.Fatal(err)
				}
			}
			resp, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: test.typeName, CurrentState: state(t), Private: test.private})
			if err != nil || len(resp.Diagnostics) == 0 {
				t.Errorf("%v, and no diagnostic of the resource or of the framework", err)
			}
			if framework.reads != test.asked {
				t.Errorf("the framework is asked %d times, want %d", framework.reads, test.asked)
			}
		})
	}
}

func TestAReadEndsWhenTheProviderIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, _, err := newServer(t, thing{named(), func(ctx context.Context) { <-ctx.Done() }}, 1)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "test_thing", CurrentState: state(t)})
			ended <- err
		}()
		synctest.Wait()
		if _, err := server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestATypeThatIsNotForItIsRefused(t *testing.T) {
	t.Parallel()
	attribute := func(a schema.Attribute) schema.Schema {
		return schema.Schema{Attributes: map[string]schema.Attribute{"x": a}}
	}
	for name, shape := range map[string]schema.Schema{
		"blocks":     {Blocks: map[string]schema.Block{"x": schema.ListNestedBlock{}}},
		"write-only": attribute(schema.StringAttribute{Optional: true, WriteOnly: true}),
		"dynamic":    attribute(schema.DynamicAttribute{Optional: true}),
		"a nested set": attribute(schema.SetNestedAttribute{Optional: true, NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{"y": schema.StringAttribute{Optional: true}},
		}}),
	} {
		if _, _, err := newServer(t, thing{schema: shape}, 1); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}
