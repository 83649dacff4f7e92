# Two pools and a switch: `terraform apply -var live=green` moves all new
# connections to green, as soon as two of its members are available.
variable "live" {
  description = "The pool that serves: blue or green."
  type        = string
  default     = "blue"
}

resource "bigipkube_pool" "blue" {
  partition = "shop"
  name      = "checkout-blue"
  monitors  = ["/Common/http"]
  members   = { "192.0.2.21:8080" = {}, "192.0.2.22:8080" = {} }

  lifecycle {
    create_before_destroy = true # a pool that is removed one day is deleted after the switch, not before
  }
}

resource "bigipkube_pool" "green" {
  partition = "shop"
  name      = "checkout-green"
  monitors  = ["/Common/http"]
  members   = { "192.0.2.31:8080" = {}, "192.0.2.32:8080" = {} }

  lifecycle {
    create_before_destroy = true # a pool that is removed one day is deleted after the switch, not before
  }
}

resource "bigipkube_virtual_server" "checkout" {
  partition   = "shop"
  name        = "checkout"
  destination = "203.0.113.11:80"
  pool        = var.live == "green" ? bigipkube_pool.green.id : bigipkube_pool.blue.id
  profiles    = { "/Common/tcp" = "all", "/Common/http" = "all" }

  cutover = {
    require_available = 2    # members of the new pool
    timeout           = "2m" # how long to wait for them
    drain             = "5m" # how long connections to the old pool may finish
  }
}
