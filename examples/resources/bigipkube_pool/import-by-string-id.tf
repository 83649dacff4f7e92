import {
  to = bigipkube_pool.web
  id = "/shop/web"
}
