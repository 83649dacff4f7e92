variable "address_prod" {
  description = "The address that clients of VirtualServer group/third connect to."
  type        = string
}

# VirtualServer shop/shop
resource "bigipkube_ingress" "shop_shop" {
  partition           = "shop"
  ingress             = { namespace = "shop", name = "shop" }
  address             = "203.0.113.10"
  name                = "shop"
  load_balancing_mode = "least-connections-member"
  client_ip           = "preserve"
}

# VirtualServer shop/plain
resource "bigipkube_monitor" "shop_plain_default_tcp" {
  name     = "shop_plain_default_tcp"
  type     = "tcp"
  interval = 10
  timeout  = 31
}

# VirtualServer shop/plain
resource "bigipkube_pool" "shop_plain_default" {
  name     = "sorry"
  monitors = [bigipkube_monitor.shop_plain_default_tcp.id]
  backends = {
    sorry = { namespace = "shop", service = "sorry", port = "80" }
  }
}

# VirtualServer shop/plain
resource "bigipkube_monitor" "shop_plain_http" {
  name        = "shop_plain_http"
  type        = "http"
  interval    = 10
  timeout     = 31
  send        = "GET /health\r\n"
  receive     = "OK"
  destination = "*:8081"
}

# VirtualServer shop/plain
resource "bigipkube_ingress" "shop_plain" {
  ingress     = { namespace = "shop", name = "plain" }
  address     = "2001:db8::10%2"
  http_port   = 8080
  fallback    = { pool = bigipkube_pool.shop_plain_default.id }
  monitors    = [bigipkube_monitor.shop_plain_http.id]
  client_ip   = "snat"
  persistence = "/Common/cookie"
  source      = "198.51.100.0/24"
  vlans       = { enabled_on = ["/Common/external"] }
  irules      = ["/Common/log", "/Common/count"]
}

# VirtualServer shop/plain
resource "bigipkube_ingress" "shop_plain_2" {
  ingress     = { namespace = "shop", name = "plain" }
  address     = "2001:db8::11%2"
  http_port   = 8080
  fallback    = { pool = bigipkube_pool.shop_plain_default.id }
  monitors    = [bigipkube_monitor.shop_plain_http.id]
  client_ip   = "snat"
  persistence = "/Common/cookie"
  source      = "198.51.100.0/24"
  vlans       = { enabled_on = ["/Common/external"] }
  irules      = ["/Common/log", "/Common/count"]
}

# VirtualServer group/first
resource "bigipkube_ingress" "group_first" {
  ingress     = { namespace = "group", name = "first" }
  address     = "203.0.113.20"
  name        = "tenants"
  client_ip   = "snat"
  persistence = "/Common/cookie"
}

# VirtualServer group/second
resource "bigipkube_ingress" "group_second" {
  ingress     = { namespace = "group", name = "second" }
  address     = "203.0.113.20"
  client_ip   = "snat"
  persistence = "/Common/cookie"
}

# VirtualServer group/third
resource "bigipkube_ingress" "group_third" {
  ingress     = { namespace = "group", name = "third" }
  address     = var.address_prod
  fallback    = { pool = "/Common/sorry" }
  client_ip   = "snat"
  persistence = "/Common/cookie"
}
