# terraform query -generate-config-out=pools.tf
list "bigipkube_pool" "shop" {
  provider         = bigipkube
  include_resource = true
  limit            = 500

  config {
    partition = "shop"
    name      = "shop-*"
  }
}
