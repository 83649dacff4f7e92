import {
  to = bigipkube_ingress.shop
  identity = {
    partition = "shop"
    address   = "203.0.113.10"
    kind      = "ingress" # or "httproute", "gateway"
    namespace = "shop"
    name      = "web"
  }
}
