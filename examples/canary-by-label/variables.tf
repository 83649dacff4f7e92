variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The Kubernetes namespace of the pods."
  type        = string
  default     = "shop"
}

variable "destination" {
  description = "The address and port that clients use."
  type        = string
  default     = "203.0.113.10:80"
}
