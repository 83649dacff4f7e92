variable "address_controller-default" {
  description = "The address of the Ingresses that name none."
  type        = string
}

# Ingress shop/shop
resource "bigipkube_monitor" "shop_shop_https" {
  name        = "shop_shop_https"
  type        = "https"
  interval    = 5
  timeout     = 16
  send        = "GET / HTTP/1.0\r\n\r\n"
  receive     = "200 OK"
  ssl_profile = "/Common/serverssl"
}

# Ingress shop/shop
resource "bigipkube_ingress" "shop_shop" {
  partition   = "shop"
  ingress     = { namespace = "shop", name = "shop" }
  address     = "203.0.113.10"
  client_ip   = "snat"
  monitors    = [bigipkube_monitor.shop_shop_https.id]
  persistence = "/Common/cookie"
}

# Ingress default/two
resource "bigipkube_ingress" "default_two" {
  ingress     = { namespace = "default", name = "two" }
  address     = var.address_controller-default
  client_ip   = "snat"
  persistence = "/Common/cookie"
}

# Ingress default/three
resource "bigipkube_monitor" "default_three_http" {
  name     = "default_three_http"
  type     = "http"
  interval = 5
  timeout  = 16
  send     = "A"
}

# Ingress default/three
resource "bigipkube_ingress" "default_three" {
  ingress     = { namespace = "default", name = "three" }
  address     = "203.0.113.11"
  client_ip   = "snat"
  monitors    = [bigipkube_monitor.default_three_http.id]
  persistence = "/Common/cookie"
}
