# A canary by the weights of an HTTPRoute. Who changes the weights changes the shares.
#
#   kubectl apply -f kubernetes.yaml
#   terraform apply

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
  http_route = { namespace = var.namespace, name = "web" }
  address    = var.address

  # Each request is balanced, also where a client keeps its connection.
  profiles = { "/Common/oneconnect" = "all" }
}

output "routes" {
  description = "What each host and path gets."
  value       = bigipkube_ingress.shop.routes
}
