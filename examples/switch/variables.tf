variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "namespace" {
  description = "The Kubernetes namespace of the Services."
  type        = string
  default     = "shop"
}

variable "versions" {
  description = "The versions that have a pool, and the Service of each."
  type        = map(string)
  default     = { blue = "shop-blue", green = "shop-green" }
}

variable "live" {
  description = "The version that serves."
  type        = string
  default     = "blue"
}

variable "destination" {
  description = "The address and port that clients use."
  type        = string
  default     = "203.0.113.10:80"
}

variable "monitors" {
  description = "The monitors by which the BIG-IP knows that a pod is well."
  type        = list(string)
  default     = ["/Common/http"]
}

variable "timeout" {
  description = "How long to wait for the new version to be available."
  type        = string
  default     = "2m"
}

variable "bake" {
  description = "How long the new version is watched before the old one is let go."
  type        = string
  default     = "10s"
}
