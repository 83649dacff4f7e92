variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The Kubernetes namespace of the Service shop."
  type        = string
  default     = "shop"
}

variable "destination" {
  description = "The address and port that clients use."
  type        = string
  default     = "203.0.113.10:80"
}

variable "machines" {
  description = "The addresses and ports of the virtual machines."
  type        = set(string)
  default     = ["192.0.2.100:8080", "192.0.2.101:8080"]
}

variable "traffic" {
  description = "The share of the machines and of the pods, in percent."
  type        = map(number)
  default     = { vms = 100, pods = 0 }
}
