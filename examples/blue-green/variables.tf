variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The Kubernetes namespace of the Services shop-blue and shop-green."
  type        = string
  default     = "shop"
}

variable "destination" {
  description = "The address and port that clients use."
  type        = string
  default     = "203.0.113.10:80"
}

variable "traffic" {
  description = "The share of each backend, in percent."
  type        = map(number)
  default     = { blue = 100, green = 0 }
}

variable "monitors" {
  description = "The monitors by which the BIG-IP knows that a pod is well."
  type        = list(string)
  default     = ["/Common/http"]
}

variable "require_available" {
  description = "How many of a backend's members must be available before it gets more traffic."
  type        = string
  default     = "80%"
}

variable "timeout" {
  description = "How long to wait for them."
  type        = string
  default     = "2m"
}
