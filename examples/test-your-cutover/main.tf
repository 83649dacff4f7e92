# A blue-green cutover with the switch: two pools, and the virtual server says
# which of them serves. The same configuration runs against your BIG-IP and, in
# tests/cutover.tftest.hcl, against a simulated one.
#
#   terraform apply -var live=green     # cutover
#   terraform apply -var live=blue      # rollback

terraform {
  required_version = ">= 1.8"

  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

# Where the BIG-IP is comes from the environment: BIGIP_HOST, BIGIP_USER,
# BIGIP_PASSWORD and BIGIP_TRUSTED_CERT_PATH.
provider "bigipkube" {
  partition = var.partition
}

resource "bigipkube_pool" "blue" {
  name     = "checkout-blue"
  monitors = ["/Common/http"]
  members  = { for address in var.blue : address => {} }

  lifecycle {
    create_before_destroy = true # a pool that is removed one day is deleted after the switch, not before
  }
}

resource "bigipkube_pool" "green" {
  name     = "checkout-green"
  monitors = ["/Common/http"]
  members  = { for address in var.green : address => {} }

  lifecycle {
    create_before_destroy = true
  }
}

resource "bigipkube_virtual_server" "checkout" {
  name        = "checkout"
  destination = var.destination
  pool        = var.live == "green" ? bigipkube_pool.green.id : bigipkube_pool.blue.id
  profiles    = { "/Common/tcp" = "all", "/Common/http" = "all" }

  cutover = {
    require_available = "100%" # of the members of the pool that is to serve
    timeout           = var.timeout
    drain             = "10s" # how long connections to the other pool may finish
  }
}

# What serves after the apply, for a look and for the test.
data "bigipkube_pool" "live" {
  name       = var.live == "green" ? bigipkube_pool.green.name : bigipkube_pool.blue.name
  depends_on = [bigipkube_virtual_server.checkout]
}
