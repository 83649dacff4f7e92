# A canary by a label: a pod takes the canary's share from the moment it has the
# label track=canary, and drains when it has lost it.
#
#   kubectl label pod shop-next-7d9f-x2k4z track=canary --overwrite
#   terraform apply
#   kubectl label pod shop-next-7d9f-x2k4z track=preview --overwrite
#   terraform apply

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
  monitors            = ["/Common/http"]
  load_balancing_mode = "ratio-member"

  # No Services are needed: these are the labels of the pods, and the name of
  # their container's port.
  backends = {
    stable = { namespace = var.namespace, selector = { service = "shop", track = "stable" }, port = "http" }
    canary = { namespace = var.namespace, selector = { service = "shop", track = "canary" }, port = "http" }
  }
  traffic = { stable = 90, canary = 10 }

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
