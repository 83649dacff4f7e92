# Pods by their labels, without a Service.
data "bigipkube_endpoints" "canary" {
  namespace = "shop"
  selector  = { service = "shop", track = "canary" }
  port      = "http"
}

output "canary" {
  value = keys(data.bigipkube_endpoints.canary.members)
}
