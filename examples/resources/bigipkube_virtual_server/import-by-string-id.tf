import {
  to = bigipkube_virtual_server.web
  id = "/shop/web"
}
