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

variable "size" {
  type = number
}

locals {
  ingresses = toset([for i in range(var.size) : "web-${i}"])
}

resource "bigipkube_ingress" "many" {
  for_each = local.ingresses
  ingress  = { namespace = var.namespace, name = each.key }
  address  = "203.0.113.10"
}
