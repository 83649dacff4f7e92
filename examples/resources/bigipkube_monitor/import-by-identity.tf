import {
  to = bigipkube_monitor.web
  identity = {
    partition = "shop"
    name      = "web"
  }
}
