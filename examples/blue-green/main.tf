# A blue-green cutover with the dial: one pool, two backends, a share for each.
#
#   terraform apply -var 'traffic={blue=90,green=10}'     # canary
#   terraform apply -var 'traffic={blue=0,green=100}'     # cutover
#   terraform apply -var 'traffic={blue=100,green=0}'     # rollback

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

# Where the BIG-IP and the cluster are comes from the environment: BIGIP_HOST,
# BIGIP_USER, BIGIP_PASSWORD, BIGIP_TRUSTED_CERT_PATH and KUBE_CONFIG_PATH.
provider "bigipkube" {
  partition = var.partition
}

resource "bigipkube_pool" "shop" {
  name                = "shop"
  description         = "Checkout"
  monitors            = var.monitors
  load_balancing_mode = "ratio-member"

  backends = {
    blue  = { namespace = var.namespace, service = "shop-blue", port = "http" }
    green = { namespace = var.namespace, service = "shop-green", port = "http" }
  }
  traffic = var.traffic

  cutover = {
    require_available = var.require_available # of the members that are to take traffic
    timeout           = var.timeout           # how long to wait for them
    drain             = "10s"                 # how long what leaves may finish
  }
}

resource "bigipkube_virtual_server" "shop" {
  name                       = "shop"
  destination                = var.destination
  pool                       = bigipkube_pool.shop.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }
}
