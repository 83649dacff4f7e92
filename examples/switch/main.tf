# A blue-green cutover with the switch: two pools, one virtual server.
#
#   terraform apply -var live=green     # cutover
#   terraform apply -var live=blue      # rollback
#
# A version that is over is taken out of `versions`, in the same apply if you
# like: the virtual server leaves its pool first, and then the pool is deleted.

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

provider "bigipkube" {
  partition = var.partition
}

resource "bigipkube_pool" "version" {
  for_each = var.versions

  name     = "shop-${each.key}"
  monitors = var.monitors
  backends = {
    pods = { namespace = var.namespace, service = each.value, port = "http" }
  }
}

resource "bigipkube_virtual_server" "shop" {
  name                       = "shop"
  destination                = var.destination
  pool                       = bigipkube_pool.version[var.live].id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }

  cutover = {
    require_available = "100%"      # of the new pool's members
    timeout           = var.timeout # how long to wait for them
    bake              = var.bake    # watch the new pool; back to the old one if a member goes down
    drain             = "10s"       # how long the old pool's connections may take
  }
}
