# A pair of BIG-IPs: writes go to the unit that is active, also when that changes
# in the middle of an apply.

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

provider "bigipkube" {
  addresses         = var.addresses
  partition         = var.partition
  config_sync_group = var.config_sync_group # after the changes; leave it out where the group syncs by itself
  save_config       = "after_apply"
}

resource "bigipkube_pool" "shop" {
  name    = "shop"
  members = { "192.0.2.10:8080" = {}, "192.0.2.11:8080" = {} }
}

resource "bigipkube_virtual_server" "shop" {
  name        = "shop"
  destination = "203.0.113.10:80"
  pool        = bigipkube_pool.shop.id
}
