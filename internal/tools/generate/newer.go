package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
)

// The schemas of actions, list resources and identities. A CLI that does not know
// them (Terraform before 1.14, OpenTofu) leaves them out of what it prints, so
// that they are asked of the provider itself, whatever the CLI.
type newerSchemas struct {
	Actions       map[string]blockSchema    `json:"action_schemas"`
	ListResources map[string]blockSchema    `json:"list_resource_schemas"`
	Identities    map[string]identitySchema `json:"resource_identity_schemas"`
}

type blockSchema struct {
	Version int64 `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes      map[string]attribute `json:"attributes,omitempty"`
	Description     string               `json:"description,omitempty"`
	DescriptionKind string               `json:"description_kind"`
}

// attribute is one of a block, or of an identity.
type attribute struct {
	Type              json.RawMessage `json:"type"`
	Description       string          `json:"description,omitempty"`
	DescriptionKind   string          `json:"description_kind,omitempty"`
	Required          bool            `json:"required,omitempty"`
	Optional          bool            `json:"optional,omitempty"`
	RequiredForImport bool            `json:"required_for_import,omitempty"`
	OptionalForImport bool            `json:"optional_for_import,omitempty"`
}

type identitySchema struct {
	Version    int64                `json:"version"`
	Attributes map[string]attribute `json:"attributes"`
}

// readNewer asks the provider in this process.
func readNewer(ctx context.Context) (newerSchemas, error) {
	server := providerserver.NewProtocol6(provider.New("generate")())()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return newerSchemas{}, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return newerSchemas{}, err
	}
	newer := newerSchemas{Actions: map[string]blockSchema{}, ListResources: map[string]blockSchema{}, Identities: map[string]identitySchema{}}
	for name, schema := range schemas.ActionSchemas {
		if newer.Actions[name], err = newBlockSchema(name, schema.Schema); err != nil {
			return newerSchemas{}, err
		}
	}
	for name, schema := range schemas.ListResourceSchemas {
		if newer.ListResources[name], err = newBlockSchema(name, schema); err != nil {
			return newerSchemas{}, err
		}
	}
	for name, schema := range identities.IdentitySchemas {
		if newer.Identities[name], err = newIdentitySchema(schema); err != nil {
			return newerSchemas{}, err
		}
	}
	return newer, nil
}

// newBlockSchema writes a schema as a CLI does. Nested attributes it does not
// know: none of these schemas has one.
func newBlockSchema(name string, schema *tfprotov6.Schema) (blockSchema, error) {
	written := blockSchema{Version: schema.Version, Block: block{
		Attributes: map[string]attribute{}, Description: schema.Block.Description, DescriptionKind: "markdown",
	}}
	if len(schema.Block.BlockTypes) > 0 {
		return written, fmt.Errorf("%s has blocks, which the generator does not write", name)
	}
	for _, a := range schema.Block.Attributes {
		if a.NestedType != nil {
			return written, fmt.Errorf("%s.%s is nested, which the generator does not write", name, a.Name)
		}
		text, err := json.Marshal(a.Type)
		if err != nil {
			return written, err
		}
		written.Block.Attributes[a.Name] = attribute{
			Type: text, Description: a.Description, DescriptionKind: "markdown", Required: a.Required, Optional: a.Optional,
		}
	}
	return written, nil
}

func newIdentitySchema(schema *tfprotov6.ResourceIdentitySchema) (identitySchema, error) {
	written := identitySchema{Version: schema.Version, Attributes: map[string]attribute{}}
	for _, a := range schema.IdentityAttributes {
		text, err := json.Marshal(a.Type)
		if err != nil {
			return written, err
		}
		written.Attributes[a.Name] = attribute{
			Type: text, Description: a.Description, RequiredForImport: a.RequiredForImport, OptionalForImport: a.OptionalForImport,
		}
	}
	return written, nil
}

// complete puts the newer schemas into those of a CLI.
func complete(schema json.RawMessage, newer newerSchemas) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(schema, &all); err != nil {
		return nil, fmt.Errorf("the CLI's schemas: %w", err)
	}
	text, err := json.Marshal(newer)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil { // onto what is there
		return nil, err
	}
	return json.Marshal(all)
}
