# What a user writes for a Gateway.
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

variable "name" {
  type = string
}

variable "address" {
  type = string
}

resource "bigipkube_ingress" "gateway" {
  gateway = { namespace = var.namespace, name = var.name }
  address = var.address
}
