# { partition = "Common", folder = null, address = "10.0.0.1", route_domain = 2, port = 443 }
output "parsed" {
  value = provider::bigipkube::parse_destination("/Common/10.0.0.1%2:443")
}
