package bigip

import (
	"context"
	"errors"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Site is engine.Sites's.
func (d *Device) Site(context.Context, ltm.SitePaths) (ltm.Site, error) {
	return ltm.Site{}, errors.ErrUnsupported
}

// ApplySite is engine.Sites's.
func (d *Device) ApplySite(context.Context, changeset.SiteChange, map[ltm.Path]ltm.KeyPair) error {
	return errors.ErrUnsupported
}

// Site reads the objects of these paths.
func (r *Reads) Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error) {
	return r.device.Site(ctx, paths)
}
