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

variable "first" {
  type    = number
  default = 1
}

variable "size" {
  type    = number
  default = 100
}

resource "bigipkube_pool" "static" {
  name    = "static"
  members = { for i in range(var.first, var.first + var.size) : "192.0.2.${i}:8080" => {} }
}
