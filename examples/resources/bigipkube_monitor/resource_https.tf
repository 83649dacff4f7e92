# TLS and a password. The password is sent to the device and kept nowhere: change
# the version with it.
variable "probe_password" {
  type      = string
  sensitive = true
  default   = "not-a-real-one"
}

resource "bigipkube_monitor" "admin" {
  partition           = "shop"
  name                = "admin"
  type                = "https"
  destination         = "*:8443" # another port than the members' own
  send                = "GET /admin/health HTTP/1.0\r\n\r\n"
  receive             = "200 OK"
  ssl_profile         = "/Common/serverssl"
  username            = "probe"
  password_wo         = var.probe_password
  password_wo_version = 1
}
