# VirtualServer shop/web
resource "bigipkube_ingress" "shop_web" {
  ingress      = { namespace = "shop", name = "web" }
  address      = "203.0.113.10"
  waf_policy   = "/Common/stricter"
  client_ip    = "snat"
  snat_pool    = "/Common/snatpool"
  tcp_profile  = "/Common/f5-tcp-mobile"
  http_profile = "/Common/http-big"
  profiles = {
    "/Common/analytics"       = "all"
    "/Common/bots"            = "all"
    "/Common/dos-web"         = "all"
    "/Common/http2"           = "clientside"
    "/Common/httpcompression" = "all"
    "/Common/oneconnect"      = "all"
    "/Common/request-log"     = "all"
    "/Common/websocket"       = "all"
  }
  persistence              = "/Common/source_addr"
  allowed_sources          = ["198.51.100.0/24", "192.0.2.0/24"]
  vlans                    = { enabled_on = ["/Common/external"] }
  irules                   = ["/Common/secure-rule", "/Common/last"]
  firewall_enforced_policy = "/Common/office"
  security_log_profiles    = ["/Common/Log all requests"]
}

# TransportServer shop/mail
resource "bigipkube_pool" "shop_mail" {
  name                = "shop_mail"
  reselect_tries      = 2
  service_down_action = "reset"
  slow_ramp_time      = 20
  backends = {
    mail = { namespace = "shop", service = "mail", port = "143" }
  }
}

# TransportServer shop/mail
resource "bigipkube_virtual_server" "shop_mail" {
  name        = "shop_mail"
  destination = "203.0.113.10:993"
  pool        = bigipkube_pool.shop_mail.id
  profiles = {
    "/Common/clientssl" = "clientside"
    "/Common/tcp"       = "all"
  }
  persistence                = "/Common/source_addr"
  source                     = "198.51.100.0/24"
  source_address_translation = { type = "snat", pool = "/Common/snatpool" }
  policies                   = ["/Common/extra"]
  auto_lasthop               = "enabled"
  firewall_enforced_policy   = "/Common/office"
  security_log_profiles      = ["/Common/global-network"]
}
