# VirtualServer shop/docs
resource "bigipkube_ingress" "shop_docs" {
  http_route  = { namespace = "shop", name = "docs" }
  address     = "203.0.113.10"
  client_ip   = "snat"
  persistence = "/Common/cookie"
}

# VirtualServer shop/split
resource "bigipkube_ingress" "shop_split" {
  http_route  = { namespace = "shop", name = "split" }
  address     = "203.0.113.10"
  client_ip   = "snat"
  persistence = "/Common/cookie"
}
