package acctest

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Protocol is a configured provider that a test speaks to as a CLI does, for what
// the CLIs of the tests are too old for: identity, list resources and actions.
type Protocol struct {
	tb     testing.TB
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
	ids    *tfprotov6.GetResourceIdentitySchemasResponse
}

// NewProtocol configures a provider for the device; settings come on top of those
// that reach it.
func NewProtocol(tb testing.TB, device *Device, settings map[string]any) *Protocol {
	tb.Helper()
	server, err := newServer()
	if err != nil {
		tb.Fatal(err)
	}
	p := &Protocol{tb: tb, server: server}
	if p.schema, err = p.server.GetProviderSchema(tb.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		tb.Fatal(err)
	}
	if p.ids, err = p.server.GetResourceIdentitySchemas(tb.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{}); err != nil {
		tb.Fatal(err)
	}
	all := map[string]any{
		"address": device.ManagementURL(), "username": Username, "password": Password, "ca_file": device.CAFile(), "partition": device.partition,
	}
	for name, value := range settings {
		all[name] = value
	}
	resp, err := p.server.ConfigureProvider(tb.Context(), &tfprotov6.ConfigureProviderRequest{Config: p.dynamic(p.schema.Provider.ValueType(), all)})
	p.must(err, resp.Diagnostics)
	return p
}

// Listed is one result of a list resource.
type Listed struct {
	DisplayName string
	Identity    map[string]any
	Resource    map[string]any // nil unless it was asked for
}

// List runs a list resource. Errors are in the diagnostics.
func (p *Protocol) List(typeName string, config map[string]any, limit int64, include bool) ([]Listed, []*tfprotov6.Diagnostic) {
	p.tb.Helper()
	server, ok := p.server.(tfprotov6.ListResourceServer)
	if !ok {
		p.tb.Fatal("the provider lists nothing")
	}
	stream, err := server.ListResource(p.tb.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: p.dynamic(p.schema.ListResourceSchemas[typeName].ValueType(), config), Limit: limit, IncludeResource: include,
	})
	p.must(err, nil)
	var all []Listed
	var diags []*tfprotov6.Diagnostic
	for result := range stream.Results {
		diags = append(diags, result.Diagnostics...)
		if result.Identity == nil {
			continue
		}
		one := Listed{DisplayName: result.DisplayName, Identity: p.values(p.ids.IdentitySchemas[typeName].ValueType(), result.Identity.IdentityData)}
		if result.Resource != nil {
			one.Resource = p.values(p.schema.ResourceSchemas[typeName].ValueType(), result.Resource)
		}
		all = append(all, one)
	}
	return all, diags
}

// Invoke runs an action and returns its progress.
func (p *Protocol) Invoke(typeName string, config map[string]any, progress func(string)) []*tfprotov6.Diagnostic {
	p.tb.Helper()
	server, ok := p.server.(tfprotov6.ActionServer)
	if !ok {
		p.tb.Fatal("the provider has no actions")
	}
	value := p.dynamic(p.schema.ActionSchemas[typeName].Schema.ValueType(), config)
	valid, err := server.ValidateActionConfig(p.tb.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: typeName, Config: value})
	p.must(err, nil)
	if len(valid.Diagnostics) > 0 {
		return valid.Diagnostics
	}
	stream, err := server.InvokeAction(p.tb.Context(), &tfprotov6.InvokeActionRequest{ActionType: typeName, Config: value})
	p.must(err, nil)
	var diags []*tfprotov6.Diagnostic
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress(e.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			diags = append(diags, e.Diagnostics...)
		}
	}
	return diags
}

// Import imports by an identity and reads what was imported. A nil state is one
// that is gone.
func (p *Protocol) Import(typeName string, identity map[string]any) (state, id map[string]any, diags []*tfprotov6.Diagnostic) {
	p.tb.Helper()
	data := &tfprotov6.ResourceIdentityData{IdentityData: p.dynamic(p.ids.IdentitySchemas[typeName].ValueType(), identity)}
	imported, err := p.server.ImportResourceState(p.tb.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, Identity: data})
	p.must(err, nil)
	if len(imported.ImportedResources) == 0 {
		return nil, nil, imported.Diagnostics
	}
	one := imported.ImportedResources[0]
	return p.read(typeName, one.State, one.Identity, one.Private)
}

// Read reads a resource by its state, which may lack an identity.
func (p *Protocol) Read(typeName string, state map[string]any) (newState, id map[string]any, diags []*tfprotov6.Diagnostic) {
	p.tb.Helper()
	return p.read(typeName, p.dynamic(p.schema.ResourceSchemas[typeName].ValueType(), state), nil, nil)
}

func (p *Protocol) read(typeName string, state *tfprotov6.DynamicValue, id *tfprotov6.ResourceIdentityData, private []byte) (newState, newID map[string]any, diags []*tfprotov6.Diagnostic) {
	p.tb.Helper()
	resp, err := p.server.ReadResource(p.tb.Context(), &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: state, CurrentIdentity: id, Private: private})
	p.must(err, nil)
	if resp.NewState != nil {
		newState = p.values(p.schema.ResourceSchemas[typeName].ValueType(), resp.NewState)
	}
	if resp.NewIdentity != nil {
		newID = p.values(p.ids.IdentitySchemas[typeName].ValueType(), resp.NewIdentity.IdentityData)
	}
	return newState, newID, resp.Diagnostics
}

// dynamic is an object of a type; what values leaves out is null.
func (p *Protocol) dynamic(t tftypes.Type, values map[string]any) *tfprotov6.DynamicValue {
	p.tb.Helper()
	text, err := json.Marshal(p.complete(t, values))
	p.must(err, nil)
	return &tfprotov6.DynamicValue{JSON: text}
}

// complete is values with all attributes of an object's type, and so of those in it.
func (p *Protocol) complete(t tftypes.Type, values map[string]any) map[string]any {
	p.tb.Helper()
	object, ok := t.(tftypes.Object)
	if !ok {
		p.tb.Fatalf("%s is no object", t)
	}
	complete := map[string]any{}
	for name := range object.AttributeTypes {
		complete[name] = nil
	}
	for name, value := range values {
		of, known := object.AttributeTypes[name]
		if !known {
			p.tb.Fatalf("there is no attribute %s", name)
		}
		if nested, ok := value.(map[string]any); ok && of.Is(tftypes.Object{}) {
			value = p.complete(of, nested)
		}
		complete[name] = value
	}
	return complete
}

// values is an object as plain Go values: string, int64, bool, map, slice, nil.
func (p *Protocol) values(t tftypes.Type, dynamic *tfprotov6.DynamicValue) map[string]any {
	p.tb.Helper()
	value, err := dynamic.Unmarshal(t)
	p.must(err, nil)
	object, ok := plain(p.tb, value).(map[string]any)
	if !ok {
		return nil
	}
	return object
}

func plain(tb testing.TB, value tftypes.Value) any {
	tb.Helper()
	if value.IsNull() {
		return nil
	}
	var err error
	switch {
	case value.Type().Is(tftypes.String):
		var text string
		err = value.As(&text)
		return checked(tb, text, err)
	case value.Type().Is(tftypes.Bool):
		var truth bool
		err = value.As(&truth)
		return checked(tb, truth, err)
	case value.Type().Is(tftypes.Number):
		number := new(big.Float)
		err = value.As(&number)
		whole, _ := checked(tb, number, err).Int64()
		return whole
	case value.Type().Is(tftypes.Object{}), value.Type().Is(tftypes.Map{}):
		var elements map[string]tftypes.Value
		err = value.As(&elements)
		object := map[string]any{}
		for name, element := range elements {
			object[name] = plain(tb, element)
		}
		return checked(tb, object, err)
	default:
		var elements []tftypes.Value
		err = value.As(&elements)
		list := make([]any, 0, len(elements))
		for _, element := range elements {
			list = append(list, plain(tb, element))
		}
		return checked(tb, list, err)
	}
}

func checked[T any](tb testing.TB, value T, err error) T {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func (p *Protocol) must(err error, diags []*tfprotov6.Diagnostic) {
	p.tb.Helper()
	if err != nil {
		p.tb.Fatal(err)
	}
	for _, d := range diags {
		p.tb.Fatalf("%s: %s", d.Summary, d.Detail)
	}
}
