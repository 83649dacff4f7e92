# { partition = "shop", folder = "checkout", name = "web" }
output "parsed" {
  value = provider::bigipkube::parse_path("/shop/checkout/web")
}
