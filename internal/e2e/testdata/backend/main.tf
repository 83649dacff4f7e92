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

variable "backend" {
  type = map(string)
}

resource "bigipkube_pool" "shop" {
  name     = "shop"
  monitors = ["/Common/http"]
  backends = { shop = merge(var.backend, { namespace = var.namespace }) }
  cutover  = { require_available = "100%", timeout = "1m", drain = "5s" }
}

resource "bigipkube_virtual_server" "shop" {
  name                       = "shop"
  destination                = "203.0.113.10:80"
  pool                       = bigipkube_pool.shop.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }
}
