# VirtualServer shop/redirected
resource "bigipkube_ingress" "shop_redirected" {
  ingress     = { namespace = "shop", name = "redirected" }
  address     = "203.0.113.10"
  client_ip   = "snat"
  persistence = "/Common/cookie"
}

# VirtualServer shop/closed
resource "bigipkube_ingress" "shop_closed" {
  ingress     = { namespace = "shop", name = "closed" }
  address     = "203.0.113.11"
  client_ip   = "snat"
  persistence = "/Common/cookie"
}

# VirtualServer shop/both
resource "bigipkube_ingress" "shop_both" {
  ingress        = { namespace = "shop", name = "both" }
  address        = "203.0.113.12"
  https_port     = 8443
  https_redirect = false
  client_ip      = "snat"
  persistence    = "/Common/cookie"
}

# VirtualServer shop/pay
resource "bigipkube_ingress" "shop_pay" {
  http_route = { namespace = "shop", name = "pay" }
  address    = "203.0.113.13"
  certificates = {
    "*" = { namespace = "shop", name = "pay-tls" }
  }
  server_ssl_profile = "/Common/serverssl"
  client_ip          = "snat"
  persistence        = "/Common/cookie"
}

# VirtualServer shop/old
resource "bigipkube_ingress" "shop_old" {
  ingress            = { namespace = "shop", name = "old" }
  address            = "203.0.113.14"
  https_redirect     = false
  server_ssl_profile = "/Common/serverssl"
  client_ip          = "snat"
  persistence        = "/Common/cookie"
}

# VirtualServer shop/raw
resource "bigipkube_pool" "shop_raw" {
  name = "shop_raw"
  backends = {
    raw = { namespace = "shop", service = "raw", port = "443" }
  }
}

# VirtualServer shop/raw
resource "bigipkube_virtual_server" "shop_raw" {
  name        = "shop_raw"
  destination = "203.0.113.15:443"
  pool        = bigipkube_pool.shop_raw.id
  profiles = {
    "/Common/tcp" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}

# VirtualServer shop/lost
resource "bigipkube_ingress" "shop_lost" {
  ingress        = { namespace = "shop", name = "lost" }
  address        = "203.0.113.16"
  https_redirect = false
  client_ip      = "snat"
  persistence    = "/Common/cookie"
}
