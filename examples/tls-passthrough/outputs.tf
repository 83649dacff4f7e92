output "routes" {
  description = "What each name gets."
  value       = bigipkube_ingress.private.routes
}
