# The whole platform by one "terraform apply": cluster.tf is the cluster's side, this is
# the BIG-IP's.

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

# Where the BIG-IP is comes from the environment: BIGIP_HOST, BIGIP_USER,
# BIGIP_PASSWORD and BIGIP_TRUSTED_CERT_PATH.
provider "bigipkube" {
  partition  = var.partition
  kubernetes = { config_path = var.kubeconfig, config_context = var.context }
}

resource "bigipkube_ingress" "shop" {
  http_route = { namespace = "shop", name = "shop" }
  address    = var.address
  waf_policy = var.waf_policy

  # Each request is balanced, also where a client keeps its connection.
  profiles = { "/Common/oneconnect" = "all" }

  # After the manifests, and with what this apply has changed in them.
  revision = terraform_data.manifests.triggers_replace
}

output "routes" {
  description = "What each host and path gets."
  value       = bigipkube_ingress.shop.routes
}
