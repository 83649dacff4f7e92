package engine_test

import (
	"context"
	"errors"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// What no run asks of a device.

func (d *fakeDevice) PoolsIn(context.Context, string) ([]ltm.Pool, error) {
	return nil, errors.ErrUnsupported
}

func (d *fakeDevice) PoolDescriptions(context.Context, string) (map[ltm.Path]string, error) {
	return nil, errors.ErrUnsupported
}

func (d *fakeDevice) PoolStatus(context.Context, ltm.Path) (ltm.PoolStatus, error) {
	return ltm.PoolStatus{}, errors.ErrUnsupported
}

func (d *fakeDevice) Save(context.Context) error { return errors.ErrUnsupported }
