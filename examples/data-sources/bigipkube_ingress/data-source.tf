# What an Ingress asks for, before it is served: its routes, and what is no route.
data "bigipkube_ingress" "shop" {
  ingress = { namespace = "shop", name = "web" }
}

output "problems" {
  value = data.bigipkube_ingress.shop.problems
}
