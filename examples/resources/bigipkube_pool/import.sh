terraform import bigipkube_pool.web /shop/web
