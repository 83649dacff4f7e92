data "bigipkube_pool" "web" {
  partition = "shop"
  name      = "web"
}

# "3 of 4 members serve"
output "serving" {
  value = "${data.bigipkube_pool.web.serving} of ${data.bigipkube_pool.web.total} members serve"
}

# { "192.0.2.13:8080" = "No successful responses received before deadline." }
output "down" {
  value = { for address, member in data.bigipkube_pool.web.members : address => member.reason if member.health == "down" }
}
