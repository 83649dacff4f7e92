data "bigipkube_endpoints" "checkout" {
  namespace = "shop"
  service   = "shop-blue"
  port      = "http"

  lifecycle {
    postcondition {
      condition     = self.ready >= 2
      error_message = "The Service shop-blue has ${self.ready} ready endpoints; at least 2 are needed."
    }
  }
}

# The first plan shows the address of every member already.
resource "bigipkube_pool" "checkout" {
  partition = "shop"
  name      = "checkout"
  monitors  = ["/Common/http"]
  members   = data.bigipkube_endpoints.checkout.members
}
