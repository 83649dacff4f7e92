# The Ingress shop/web, with its hosts, paths and certificates, at one address.
resource "bigipkube_ingress" "shop" {
  partition = "shop"
  ingress   = { namespace = "shop", name = "web" }
  address   = "203.0.113.10"
  client_ip = "x-forwarded-for" # or "preserve", "snat"
}
