terraform import bigipkube_monitor.health /shop/health
