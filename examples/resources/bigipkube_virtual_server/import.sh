terraform import bigipkube_virtual_server.web /shop/web
