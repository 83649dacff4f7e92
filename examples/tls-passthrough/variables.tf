variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The Kubernetes namespace of the Gateway."
  type        = string
  default     = "shop"
}

variable "address" {
  description = "The address that db.shop.example resolves to."
  type        = string
  default     = "203.0.113.10"
}

variable "client_ip" {
  description = "How a pod learns the address of a client: preserve or snat. Inside of TLS nothing can be written."
  type        = string
  default     = "snat"
}
