resource "bigipkube_pool" "web" {
  partition = "shop"
  name      = "web"
  monitors  = ["/Common/http"]
  members   = { "192.0.2.11:8080" = {}, "192.0.2.12:8080" = {} }
}

resource "bigipkube_virtual_server" "web" {
  partition                  = "shop"
  name                       = "web"
  destination                = "203.0.113.10:80"
  pool                       = bigipkube_pool.web.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }
}
