import {
  to = bigipkube_virtual_server.web
  identity = {
    partition = "shop"
    name      = "web"
  }
}
