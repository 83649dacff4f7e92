# One service in two clusters behind one address. Moving it from one cluster to
# the other is a change of traffic:
#
#   terraform apply -var 'traffic={west=80,east=20}'
#   terraform apply -var 'traffic={west=0,east=100}'

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

# Where the BIG-IP is comes from the environment: BIGIP_HOST, BIGIP_USER,
# BIGIP_PASSWORD and BIGIP_TRUSTED_CERT_PATH. The pods of both clusters must have
# different addresses, and the BIG-IP a route to all of them.
provider "bigipkube" {
  partition = var.partition
  clusters = {
    west = { config_path = var.west_kubeconfig }
    east = { config_path = var.east_kubeconfig }
  }
}

resource "bigipkube_pool" "shop" {
  name                = "shop"
  monitors            = ["/Common/http"]
  load_balancing_mode = "ratio-member"

  backends = {
    west = { cluster = "west", namespace = var.namespace, service = "shop", port = "http" }
    east = { cluster = "east", namespace = var.namespace, service = "shop", port = "http" }
  }
  traffic = var.traffic

  cutover = {
    require_available = "80%" # of the members that are to take traffic
    timeout           = "2m"  # how long to wait for them
    drain             = "10s" # how long what leaves may finish
  }
}

resource "bigipkube_virtual_server" "shop" {
  name                       = "shop"
  destination                = var.destination
  pool                       = bigipkube_pool.shop.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }
}
