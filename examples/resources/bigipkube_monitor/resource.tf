# A member is available while /health answers 200, and takes no new clients while
# it answers 503: so an application can drain itself before it stops.
resource "bigipkube_monitor" "health" {
  partition       = "shop"
  name            = "health"
  type            = "http"
  interval        = 5
  timeout         = 16
  send            = "GET /health HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n"
  receive         = "HTTP/1.1 200"
  receive_disable = "HTTP/1.1 503"
}

resource "bigipkube_pool" "web" {
  partition = "shop"
  name      = "web"
  monitors  = [bigipkube_monitor.health.id]
  members   = { "192.0.2.11:8080" = {}, "192.0.2.12:8080" = {} }
}
