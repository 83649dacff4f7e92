# TLS from the client, an application that only one network may use, and a limit
# for each client. An LTM policy, iRules, a WAF and a firewall are attached with
# `policies`, `irules`, `profiles` and `firewall_enforced_policy`.
resource "bigipkube_pool" "admin" {
  partition                 = "shop"
  name                      = "admin"
  monitors                  = ["/Common/http"]
  members                   = { "192.0.2.41:8080" = { connection_limit = 200 } }
  queue_on_connection_limit = true # instead of refusing the connection
  queue_time_limit          = 2000 # milliseconds
}

resource "bigipkube_virtual_server" "admin" {
  partition   = "shop"
  name        = "admin"
  destination = "203.0.113.12:443"
  pool        = bigipkube_pool.admin.id
  profiles = {
    "/Common/tcp"       = "all"
    "/Common/http"      = "all"
    "/Common/clientssl" = "clientside"
  }
  source                        = "198.51.100.0/24"
  rate_limit                    = 50 # new connections per second …
  rate_limit_mode               = "object-source"
  rate_limit_source_mask        = 32 # … of each client
  service_down_immediate_action = "reset"
}
