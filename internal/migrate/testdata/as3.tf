# ConfigMap shop/declaration
resource "bigipkube_monitor" "front_deep" {
  partition = "shop"
  name      = "front_deep"
  type      = "http"
  interval  = 10
  timeout   = 31
  send      = "GET /deep\r\n"
  receive   = "OK"
}

# ConfigMap shop/declaration
resource "bigipkube_pool" "front_web_pool" {
  partition           = "shop"
  name                = "front_web_pool"
  description         = "Pods of the web"
  monitors            = ["/Common/http", bigipkube_monitor.front_deep.id, "/Common/tcp"]
  monitors_required   = 1
  load_balancing_mode = "least-connections-member"
  backends = {
    web = { namespace = "shop", service = "web", port = "80" }
  }
  slow_ramp_time = 30
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "front_web" {
  partition   = "shop"
  name        = "front_web"
  description = "The shop's front"
  destination = "203.0.113.50:443"
  pool        = bigipkube_pool.front_web_pool.id
  profiles = {
    "/Common/clientssl"         = "clientside"
    "/Common/http"              = "all"
    "/Common/tcp-wan-optimized" = "all"
  }
  persistence                = "/Common/cookie"
  fallback_persistence       = "/Common/source_addr"
  source_address_translation = { type = "snat", pool = "/Common/snatpool" }
  irules                     = ["/Common/log"]
  vlans                      = { enabled_on = ["/Common/external"] }
  connection_limit           = 1000
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "front_web_redirect" {
  partition   = "shop"
  name        = "front_web_redirect"
  destination = "203.0.113.50:80"
  profiles = {
    "/Common/http" = "all"
    "/Common/tcp"  = "all"
  }
  irules = ["/Common/_sys_https_redirect"]
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "front_web_2" {
  partition   = "shop"
  name        = "front_web_2"
  description = "The shop's front"
  destination = "[2001:db8::50]:443"
  pool        = bigipkube_pool.front_web_pool.id
  profiles = {
    "/Common/clientssl"         = "clientside"
    "/Common/http"              = "all"
    "/Common/tcp-wan-optimized" = "all"
  }
  persistence                = "/Common/cookie"
  fallback_persistence       = "/Common/source_addr"
  source_address_translation = { type = "snat", pool = "/Common/snatpool" }
  irules                     = ["/Common/log"]
  vlans                      = { enabled_on = ["/Common/external"] }
  connection_limit           = 1000
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "front_web_2_redirect" {
  partition   = "shop"
  name        = "front_web_2_redirect"
  destination = "[2001:db8::50]:80"
  profiles = {
    "/Common/http" = "all"
    "/Common/tcp"  = "all"
  }
  irules = ["/Common/_sys_https_redirect"]
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "front_plain" {
  partition   = "shop"
  name        = "front_plain"
  destination = "203.0.113.51:8080"
  pool        = bigipkube_pool.front_web_pool.id
  profiles = {
    "/Common/http" = "all"
    "/Common/tcp"  = "all"
  }
  enabled = false
}

# ConfigMap shop/declaration
resource "bigipkube_pool" "back_db" {
  partition = "shop"
  name      = "back_db"
  monitors  = ["/Common/tcp"]
  members = {
    "192.0.2.1:5432"     = {}
    "[2001:db8::1]:5432" = {}
  }
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "back_service" {
  partition   = "shop"
  name        = "back_service"
  destination = "203.0.113.52:5432"
  pool        = bigipkube_pool.back_db.id
  profiles = {
    "/Common/tcp" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}

# ConfigMap shop/declaration
resource "bigipkube_pool" "back_dns" {
  partition = "shop"
  name      = "back_dns"
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "back_lookup" {
  partition   = "shop"
  name        = "back_lookup"
  destination = "203.0.113.53:53"
  pool        = bigipkube_pool.back_dns.id
  ip_protocol = "udp"
  profiles = {
    "/Common/udp" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}

# ConfigMap shop/declaration
resource "bigipkube_virtual_server" "back_fast" {
  partition   = "shop"
  name        = "back_fast"
  destination = "203.0.113.54:80"
  pool        = "/Common/old"
  profiles = {
    "/Common/fastL4" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}
