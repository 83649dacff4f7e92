# A domain name for two Services: an Ingress, served by the BIG-IP.
#
#   kubectl apply -f kubernetes.yaml
#   terraform apply
#   curl --resolve shop.example.com:443:203.0.113.10 --insecure https://shop.example.com/

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

provider "bigipkube" {
  partition = var.partition
}

resource "bigipkube_ingress" "shop" {
  ingress              = { namespace = var.namespace, name = "web" }
  address              = var.address
  client_ip            = var.client_ip
  monitors_from_probes = var.monitors_from_probes
}

output "routes" {
  description = "What each host and path gets."
  value       = bigipkube_ingress.shop.routes
}
