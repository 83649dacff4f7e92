# TLS that pods end themselves: the BIG-IP sends a client to the pods of the name that it
# asks for, and sees nothing of what is inside.
#
#   kubectl apply -f kubernetes.yaml
#   terraform apply
#   openssl s_client -connect 203.0.113.10:443 -servername db.shop.example

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

resource "bigipkube_ingress" "private" {
  gateway   = { namespace = var.namespace, name = "private" }
  address   = var.address
  client_ip = var.client_ip
}
