package kube

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

func (v *view) scaledToZero(context.Context, endpoints.Ref) (bool, error) { return false, nil }
