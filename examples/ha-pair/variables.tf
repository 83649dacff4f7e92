variable "addresses" {
  description = "The management addresses of both units."
  type        = list(string)
}

variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "config_sync_group" {
  description = "The device group that both units are in."
  type        = string
  default     = "failover-group"
}
