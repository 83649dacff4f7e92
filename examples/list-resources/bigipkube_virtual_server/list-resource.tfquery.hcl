# terraform query -generate-config-out=virtual-servers.tf
list "bigipkube_virtual_server" "shop" {
  provider         = bigipkube
  include_resource = true

  config {
    partition = "shop"
  }
}
