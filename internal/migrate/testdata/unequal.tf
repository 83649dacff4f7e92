# VirtualServer shop/all
resource "bigipkube_ingress" "shop_all" {
  ingress   = { namespace = "shop", name = "all" }
  address   = "203.0.113.10"
  client_ip = "snat"
  profiles = {
    "/Common/html"       = "all"
    "/Common/oneconnect" = "all"
  }
  persistence = "/Common/cookie"
}
