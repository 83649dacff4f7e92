data "bigipkube_virtual_server" "web" {
  partition = "shop"
  name      = "web"
}

output "web" {
  value = "${data.bigipkube_virtual_server.web.availability}: ${data.bigipkube_virtual_server.web.reason}"
}
