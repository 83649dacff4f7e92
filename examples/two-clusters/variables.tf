variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The namespace of the Service shop, in both clusters."
  type        = string
  default     = "shop"
}

variable "destination" {
  description = "The address and port that clients use."
  type        = string
  default     = "203.0.113.10:80"
}

variable "west_kubeconfig" {
  description = "The kubeconfig of the cluster west."
  type        = string
}

variable "east_kubeconfig" {
  description = "The kubeconfig of the cluster east."
  type        = string
}

variable "traffic" {
  description = "The share of each cluster, in percent."
  type        = map(number)
  default     = { west = 100, east = 0 }
}
