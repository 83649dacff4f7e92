package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pool"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/shortcut"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/virtualserver"
)

// NewServer returns the provider as a CLI speaks to it: of pools and virtual servers
// there may be thousands, so package shortcut answers for them what it can.
func NewServer(ctx context.Context, version string) (*shortcut.Server, error) {
	p := newProvider(version)
	framework, ok := providerserver.NewProtocol6(p)().(shortcut.Framework)
	if !ok {
		return nil, fmt.Errorf("%T has no list resources or no actions", framework)
	}
	return shortcut.New(ctx, shortcut.Config{
		Framework: framework,
		Provider:  TypeName,
		Data: func() any {
			if data := p.data.Load(); data != nil {
				return data
			}
			return nil
		},
		Resources: []func() resource.Resource{pool.NewResource, virtualserver.NewResource},
	})
}
