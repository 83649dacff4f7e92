import {
  to = bigipkube_monitor.health
  identity = {
    partition = "shop"
    name      = "health"
  }
}
