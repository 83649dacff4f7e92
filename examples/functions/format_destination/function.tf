locals {
  https = provider::bigipkube::parse_destination("/shop/203.0.113.10:443")
}

# "/shop/203.0.113.10:80"
output "http" {
  value = provider::bigipkube::format_destination(merge(local.https, { port = 80 }))
}
