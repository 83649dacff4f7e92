# From virtual machines to pods: both are in one pool, and the traffic moves step
# by step.
#
#   terraform apply                                      # machines serve everything
#   terraform apply -var 'traffic={vms=90,pods=10}'
#   terraform apply -var 'traffic={vms=0,pods=100}'

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

# Where the BIG-IP and the cluster are comes from the environment: BIGIP_HOST,
# BIGIP_USER, BIGIP_PASSWORD, BIGIP_TRUSTED_CERT_PATH and KUBE_CONFIG_PATH.
provider "bigipkube" {
  partition = var.partition
}

resource "bigipkube_pool" "shop" {
  name                = "shop"
  monitors            = ["/Common/http"]
  load_balancing_mode = "ratio-member"

  backends = {
    vms  = { addresses = var.machines }
    pods = { namespace = var.namespace, service = "shop", port = "http", standby = "removed" } # on the device once they get traffic
  }
  traffic = var.traffic

  cutover = {
    require_available = "80%" # of the members that are to take traffic
    timeout           = "2m"  # how long to wait for them
    drain             = "10s" # how long what leaves may finish
  }
}

resource "bigipkube_virtual_server" "shop" {
  name                       = "shop"
  destination                = var.destination
  pool                       = bigipkube_pool.shop.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }
}
