# Members that you write down yourself: any server, in Kubernetes or not.
resource "bigipkube_pool" "web" {
  partition = "shop"
  name      = "web"
  monitors  = ["/Common/http"]

  members = {
    "192.0.2.11:8080" = {}
    "192.0.2.12:8080" = {}
    "192.0.2.13:8080" = { session = "disabled" } # no new connections: under repair
  }
}
