# Members that Kubernetes has: the ready pods of two Services share the traffic
# nine to one, whatever the number of their pods.
resource "bigipkube_pool" "checkout" {
  partition           = "shop"
  name                = "checkout"
  monitors            = ["/Common/http"]
  load_balancing_mode = "ratio-member"

  backends = {
    stable = { namespace = "shop", service = "shop-blue", port = "http" }
    canary = { namespace = "shop", service = "shop-green", port = "http" }
  }
  traffic = { stable = 90, canary = 10 }

  cutover = {
    require_available = "80%" # of the members of a backend that is to get more traffic
    timeout           = "2m"  # how long to wait for them
    drain             = "1m"  # how long what leaves may finish
  }
}
