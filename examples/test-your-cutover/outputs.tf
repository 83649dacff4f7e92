output "serving" {
  description = "How many members get new connections now."
  value       = data.bigipkube_pool.live.serving
}
