terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

variable "bigip_password" {
  type      = string
  sensitive = true
}

provider "bigipkube" {
  address   = "bigip.example.com"
  username  = "terraform"
  password  = var.bigip_password
  partition = "shop" # where objects go that do not name a partition

  kubernetes = {
    config_path    = "~/.kube/config"
    config_context = "production"
  }
}
