variable "kubeconfig" {
  description = "The kubeconfig of the cluster, for kubectl and for the provider."
  type        = string
  default     = "~/.kube/config"
}

variable "context" {
  description = "The context of the kubeconfig. Default: its current context."
  type        = string
  default     = null
}

variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "address" {
  description = "The address that shop.example.com resolves to."
  type        = string
  default     = "203.0.113.10"
}

variable "waf_policy" {
  description = "The security team's policy of ASM, or null where the BIG-IP has no ASM."
  type        = string
  default     = "/Common/baseline"
}
