data "bigipkube_virtual_server" "web" {
  partition = "shop"
  name      = "web"
}

# "available: The virtual server is available"
output "web" {
  value = "${data.bigipkube_virtual_server.web.availability}: ${data.bigipkube_virtual_server.web.reason}"
}
