package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// saves counts the saves of a device, and fails if one came before the last write.
func saves(device *acctest.Device) (int, error) {
	count, saved := 0, true
	for _, r := range device.Requests() {
		switch {
		case r.Method == http.MethodPost && r.Path == "/mgmt/tm/sys/config":
			count, saved = count+1, true
		case r.Method != http.MethodGet && strings.HasPrefix(r.Path, "/mgmt/tm/"):
			saved = false
		}
	}
	if count > 0 && !saved {
		return count, fmt.Errorf("the last write was not saved")
	}
	return count, nil
}

func TestAccWhatAnApplyWritesIsSavedUnlessSomebodyElseSaves(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]int{"": 1, `save_config = "after_apply"`: 1, `save_config = "never"`: 0} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			device := acctest.NewDevice(t, "shop")
			config := func(description string) string {
				return device.Provider(setting) + `
resource "bigipkube_pool" "a" {
  name        = "a"
  description = "` + description + `"
}
resource "bigipkube_monitor" "a" {
  name = "a"
  type = "tcp"
}
resource "bigipkube_virtual_server" "a" {
  name        = "a"
  destination = "203.0.113.10:80"
  description = "` + description + `"
}
`
			}
			// Objects that do not wait for each other may share a save, and need not.
			check := func(least, most int) func(*terraform.State) error {
				return func(*terraform.State) error {
					defer device.ClearRequests()
					got, err := saves(device)
					if err == nil && (got < least || got > most) {
						err = fmt.Errorf("%d saves, want %d to %d", got, least, most)
					}
					return err
				}
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{
					{Config: config("one"), Check: check(want, 3*want)},
					{Config: config("two"), Check: check(want, 2*want)},
					{Config: config("two"), Check: check(0, 0)},
					{Config: device.Provider(setting), Check: check(want, 3*want)},
				},
			})
		})
	}
}
