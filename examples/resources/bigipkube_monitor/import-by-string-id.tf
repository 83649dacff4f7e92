import {
  to = bigipkube_monitor.health
  id = "/shop/health"
}
