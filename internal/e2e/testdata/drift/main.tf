terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

provider "bigipkube" {
  partition = "shop"
}

variable "pool" {
  type    = any
  default = {}
}

variable "members" {
  type    = any
  default = { "192.0.2.1:8080" = {}, "192.0.2.2:8080" = {} }
}

variable "virtual_server" {
  type    = any
  default = {}
}

resource "bigipkube_pool" "web" {
  name                = "web"
  description         = try(var.pool.description, null)
  monitors            = try(var.pool.monitors, null)
  monitors_required   = try(var.pool.monitors_required, null)
  load_balancing_mode = try(var.pool.load_balancing_mode, null)
  min_active_members  = try(var.pool.min_active_members, null)
  slow_ramp_time      = try(var.pool.slow_ramp_time, null)
  service_down_action = try(var.pool.service_down_action, null)
  members = { for address, member in var.members : address => {
    ratio            = try(member.ratio, null)
    priority_group   = try(member.priority_group, null)
    connection_limit = try(member.connection_limit, null)
    session          = try(member.session, null)
    description      = try(member.description, null)
  } }
}

resource "bigipkube_virtual_server" "web" {
  name                       = "web"
  description                = try(var.virtual_server.description, null)
  destination                = "203.0.113.10:80"
  pool                       = bigipkube_pool.web.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  persistence                = try(var.virtual_server.persistence, null)
  fallback_persistence       = try(var.virtual_server.fallback_persistence, null)
  source_address_translation = try(var.virtual_server.source_address_translation, null)
  enabled                    = try(var.virtual_server.enabled, null)
}
