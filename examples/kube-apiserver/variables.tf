variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "shop"
}

variable "destination" {
  description = "The address and port of the control plane endpoint."
  type        = string
  default     = "203.0.113.20:6443"
}

variable "bootstrap" {
  description = "Whether the members are `addresses`, because there is no API to ask for nodes yet."
  type        = bool
  default     = true
}

variable "addresses" {
  description = "The addresses and ports of the first API servers."
  type        = set(string)
  default     = ["192.0.2.10:6443", "192.0.2.11:6443", "192.0.2.12:6443"]
}

variable "probe" {
  description = "How often /readyz is asked, and how long without a good answer a server is down, in seconds."
  type        = object({ interval = number, timeout = number })
  default     = { interval = 3, timeout = 10 }
}

variable "shutdown_delay" {
  description = "The --shutdown-delay-duration of the API servers."
  type        = string
  default     = "20s"
}

variable "profile" {
  description = "The fastL4 profile: one with an idle timeout well above 300 seconds for logs and exec."
  type        = string
  default     = "/Common/fastL4"
}
