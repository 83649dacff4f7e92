import {
  to = bigipkube_ingress.shop
  id = "ingress/shop/web@/shop/203.0.113.10"
}
