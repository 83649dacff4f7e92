terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

variable "warn" {
  type    = bool
  default = true
}

variable "live" {
  type    = string
  default = "blue"
}

provider "bigipkube" {
  partition        = "shop"
  traffic_warnings = var.warn
}

resource "bigipkube_pool" "blue" {
  name    = "blue"
  members = { "192.0.2.1:8080" = {} }
}

resource "bigipkube_pool" "green" {
  name    = "green"
  members = { "192.0.2.2:8080" = {}, "192.0.2.3:8080" = { session = "disabled" } }
}

resource "bigipkube_virtual_server" "shop" {
  name        = "shop"
  destination = "203.0.113.10:80"
  pool        = var.live == "green" ? bigipkube_pool.green.id : bigipkube_pool.blue.id
}
