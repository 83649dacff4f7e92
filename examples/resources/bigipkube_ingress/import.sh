terraform import bigipkube_ingress.shop ingress/shop/web@/shop/203.0.113.10
