variable "address_prod" {
  description = "The address that clients of TransportServer data/fast connect to."
  type        = string
}

# TransportServer data/db
resource "bigipkube_monitor" "data_db_tcp" {
  name     = "data_db_tcp"
  type     = "tcp"
  interval = 10
  timeout  = 31
}

# TransportServer data/db
resource "bigipkube_pool" "data_db" {
  name                = "data_db"
  monitors            = [bigipkube_monitor.data_db_tcp.id, "/Common/gateway_icmp"]
  monitors_required   = 1
  load_balancing_mode = "least-connections-member"
  reselect_tries      = 3
  service_down_action = "reselect"
  backends = {
    postgres = { namespace = "data", service = "postgres", port = "5432" }
  }
}

# TransportServer data/db
resource "bigipkube_virtual_server" "data_db" {
  name        = "postgres"
  destination = "203.0.113.40:5432"
  pool        = bigipkube_pool.data_db.id
  profiles = {
    "/Common/f5-tcp-lan" = "clientside"
    "/Common/f5-tcp-wan" = "serverside"
  }
  persistence                = "/Common/dest_addr"
  source_address_translation = { type = "automap" }
  vlans                      = { enabled_on = ["/Common/internal"] }
  mirror                     = true
}

# TransportServer data/dns
resource "bigipkube_pool" "data_dns" {
  name = "data_dns"
  backends = {
    coredns = { namespace = "data", service = "coredns", port = "dns" }
  }
}

# TransportServer data/dns
resource "bigipkube_virtual_server" "data_dns" {
  name        = "data_dns"
  destination = "[2001:db8::40]:53"
  pool        = bigipkube_pool.data_dns.id
  ip_protocol = "udp"
  profiles = {
    "/Common/udp" = "all"
  }
}

# TransportServer data/fast
resource "bigipkube_pool" "data_fast" {
  name = "data_fast"
  backends = {
    fast = { namespace = "data", service = "fast", port = "1344" }
  }
}

# TransportServer data/fast
resource "bigipkube_virtual_server" "data_fast" {
  name        = "data_fast"
  destination = "${var.address_prod}:1344"
  pool        = bigipkube_pool.data_fast.id
  ip_protocol = "sctp"
  profiles = {
    "/Common/fastL4" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}

# TransportServer data/signal
resource "bigipkube_pool" "data_signal" {
  name = "data_signal"
  backends = {
    signal = { namespace = "data", service = "signal", port = "2905" }
  }
}

# TransportServer data/signal
resource "bigipkube_virtual_server" "data_signal" {
  name        = "data_signal"
  destination = "203.0.113.41:2905"
  pool        = bigipkube_pool.data_signal.id
  ip_protocol = "sctp"
  profiles = {
    "/Common/sctp" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}

# TransportServer data/split
resource "bigipkube_pool" "data_split" {
  name                = "data_split"
  load_balancing_mode = "ratio-member"
  backends = {
    one   = { namespace = "data", service = "one", port = "443" }
    three = { namespace = "lab", service = "three", port = "443" }
    two   = { namespace = "data", service = "two", port = "443" }
  }
  traffic = {
    one   = 34
    three = 33
    two   = 33
  }
}

# TransportServer data/split
resource "bigipkube_virtual_server" "data_split" {
  name        = "data_split"
  destination = "203.0.113.42:443"
  pool        = bigipkube_pool.data_split.id
  profiles = {
    "/Common/clientssl" = "clientside"
    "/Common/serverssl" = "serverside"
    "/Common/tcp"       = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "snat", pool = "/Common/snatpool" }
}

# TransportServer data/secret
resource "bigipkube_pool" "data_secret" {
  name                = "data_secret"
  load_balancing_mode = "ratio-member"
  backends = {
    one = { namespace = "data", service = "one", port = "443" }
    two = { namespace = "data", service = "two", port = "443" }
  }
  traffic = {
    one = 50
    two = 50
  }
}

# TransportServer data/secret
resource "bigipkube_virtual_server" "data_secret" {
  name        = "data_secret"
  destination = "203.0.113.43:443"
  pool        = bigipkube_pool.data_secret.id
  profiles = {
    "/Common/tcp" = "all"
  }
  persistence                = "/Common/source_addr"
  source_address_translation = { type = "automap" }
}
