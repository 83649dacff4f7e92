terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

provider "bigipkube" {
  partition = "shop"
}

locals {
  pools = { for i in range(1000) : "pool-${i}" => i }
}

resource "bigipkube_pool" "many" {
  for_each = local.pools
  name     = each.key
  members  = { for i in range(1, 6) : "10.${floor(each.value / 250)}.${each.value % 250}.${i}:8080" => {} }
}
