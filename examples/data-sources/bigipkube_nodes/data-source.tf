data "bigipkube_nodes" "control_plane" {
  role = "control-plane"
  port = 6443

  lifecycle {
    postcondition {
      condition     = self.ready >= 2
      error_message = "Of ${self.total} control-plane nodes ${self.ready} are ready; at least 2 are needed."
    }
  }
}

# The first plan shows the address of every API server already.
resource "bigipkube_pool" "api" {
  partition = "shop"
  name      = "kube-apiserver"
  monitors  = ["/Common/tcp"]
  members   = data.bigipkube_nodes.control_plane.members
}
