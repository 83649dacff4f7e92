import {
  to = bigipkube_pool.web
  identity = {
    partition = "shop"
    name      = "web"
  }
}
