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

variable "pools" {
  type    = number
  default = 1000
}

locals {
  names = { for i in range(var.pools) : "pool-${i}" => i }
}

import {
  for_each = local.names
  to       = bigipkube_pool.many[each.key]
  id       = "/shop/${each.key}"
}

resource "bigipkube_pool" "many" {
  for_each = local.names
  name     = each.key
  members  = { for i in range(1, 6) : "10.${floor(each.value / 250)}.${each.value % 250}.${i}:8080" => {} }
}
