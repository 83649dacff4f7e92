# terraform apply -invoke=action.bigipkube_drain_members.blue
action "bigipkube_drain_members" "blue" {
  config {
    pool          = "/shop/shop"
    backend       = "blue"
    deadline      = "10m"
    force_offline = true
  }
}
