variable "live" {
  description = "The pool that serves."
  type        = string
  default     = "blue"

  validation {
    condition     = contains(["blue", "green"], var.live)
    error_message = "There are blue and green."
  }
}

variable "partition" {
  description = "The BIG-IP partition that the objects are in. It must exist."
  type        = string
  default     = "Common"
}

variable "destination" {
  description = "The address and port that clients use."
  type        = string
  default     = "203.0.113.11:80"
}

variable "blue" {
  description = "The members of blue."
  type        = set(string)
  default     = ["192.0.2.21:8080", "192.0.2.22:8080"]
}

variable "green" {
  description = "The members of green."
  type        = set(string)
  default     = ["192.0.2.31:8080", "192.0.2.32:8080"]
}

variable "timeout" {
  description = "How long to wait for the members that are to serve."
  type        = string
  default     = "2m"
}
