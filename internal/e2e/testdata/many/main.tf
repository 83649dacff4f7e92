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

variable "namespace" {
  type = string
}

resource "bigipkube_pool" "many" {
  for_each = { v4 = "IPv4", v6 = "IPv6" }
  name     = each.key
  backends = {
    many = { namespace = var.namespace, service = "many", port = "http", family = each.value }
  }
}
