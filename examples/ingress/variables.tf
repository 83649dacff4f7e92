variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The Kubernetes namespace of the Ingress."
  type        = string
  default     = "shop"
}

variable "address" {
  description = "The address that shop.example.com resolves to."
  type        = string
  default     = "203.0.113.10"
}

variable "client_ip" {
  description = "How a pod learns the address of a client: x-forwarded-for, preserve or snat."
  type        = string
  default     = "x-forwarded-for"
}

variable "monitors_from_probes" {
  description = "Whether the BIG-IP probes the pods as their readinessProbes say."
  type        = bool
  default     = false
}
