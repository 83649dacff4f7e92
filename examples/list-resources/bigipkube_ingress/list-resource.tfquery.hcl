# terraform query -generate-config-out=ingresses.tf
list "bigipkube_ingress" "shop" {
  provider         = bigipkube
  include_resource = true

  config {
    partition = "shop"
    name      = "shop/*"
  }
}
