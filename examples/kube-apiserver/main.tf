# The Kubernetes API servers behind the BIG-IP. There is no API yet when this is applied
# first, so the members are addresses; once the cluster is there, they are its
# control-plane nodes, in the same resources and without an interruption.
#
#   terraform apply                       # before kubeadm init: members by address
#   kubeadm init --control-plane-endpoint api.example.com:6443 …
#   terraform apply -var bootstrap=false  # members are the control-plane nodes, live

terraform {
  required_providers {
    bigipkube = {
      source = "bigipkube/bigipkube"
    }
  }
}

# Where the BIG-IP and the cluster are comes from the environment: BIGIP_HOST,
# BIGIP_USER, BIGIP_PASSWORD, BIGIP_TRUSTED_CERT_PATH and KUBE_CONFIG_PATH. The
# kubeconfig names one control-plane node, not the virtual server below.
provider "bigipkube" {
  partition = var.partition
}

# A server that is about to stop says so: /readyz answers 500 and the member is
# disabled, so that it gets no new connections and keeps those it has. The words of
# the status line tell the two apart: "ok" is in both answers.
resource "bigipkube_monitor" "readyz" {
  name            = "kube-apiserver"
  type            = "https"
  send            = "GET /readyz HTTP/1.1\r\nHost: kube-apiserver\r\nConnection: close\r\n\r\n"
  receive         = "200 OK"
  receive_disable = "500 Internal Server Error"
  interval        = var.probe.interval
  timeout         = var.probe.timeout
  shutdown_delay  = var.shutdown_delay # the plan warns unless the timeout is below it
}

resource "bigipkube_pool" "api" {
  name                = "kube-apiserver"
  monitors            = [bigipkube_monitor.readyz.id]
  load_balancing_mode = "least-connections-member"
  service_down_action = "reset" # clients of a server that died try the next one at once

  members  = var.bootstrap ? { for address in var.addresses : address => {} } : null
  backends = var.bootstrap ? null : { api = { nodes = { role = "control-plane" }, port = 6443 } }
}

# TLS goes through to the servers: client certificates must reach them.
resource "bigipkube_virtual_server" "api" {
  name                       = "kube-apiserver"
  destination                = var.destination
  pool                       = bigipkube_pool.api.id
  profiles                   = { (var.profile) = "all" }
  source_address_translation = { type = "automap" }
}
