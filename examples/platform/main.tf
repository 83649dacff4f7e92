# The BIG-IP's side of the platform. The cluster's side comes first:
#
#   kubectl apply -k cluster
#   terraform apply

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

resource "bigipkube_ingress" "shop" {
  http_route = { namespace = var.namespace, name = "shop" }
  address    = var.address
  waf_policy = var.waf_policy

  # Each request is balanced, also where a client keeps its connection.
  profiles = { "/Common/oneconnect" = "all" }
}

output "routes" {
  description = "What each host and path gets."
  value       = bigipkube_ingress.shop.routes
}
