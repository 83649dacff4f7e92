# Backends of several kinds in one pool: pods by their labels, and virtual
# machines that are on the device only while they get traffic.
resource "bigipkube_pool" "mixed" {
  partition           = "shop"
  name                = "mixed"
  monitors            = ["/Common/http"]
  load_balancing_mode = "ratio-member"

  backends = {
    stable = { namespace = "shop", selector = { service = "shop", track = "stable" }, port = "http" }
    canary = { namespace = "shop", selector = { service = "shop", track = "canary" }, port = 8080, family = "IPv4" }
    vms    = { addresses = ["192.0.2.100:8080", "192.0.2.101:8080"], standby = "removed" }
  }
  traffic = { stable = 90, canary = 10, vms = 0 }
}
