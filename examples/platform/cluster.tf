# The cluster's side, by kubectl: no other provider is needed. terraform_data is a part of
# Terraform itself.

locals {
  manifests = sha256(join("", flatten([
    for folder in ["cluster", "../monitoring", "../reconciler"] : [
      for file in fileset("${path.module}/${folder}", "**") : filesha256("${path.module}/${folder}/${file}")
    ]
  ])))
}

# Takes everything away, at a destroy. Nothing replaces this one: a change of the manifests
# must not delete the application.
resource "terraform_data" "cluster" {
  input = { kubeconfig = var.kubeconfig, context = var.context }

  provisioner "local-exec" {
    when        = destroy
    working_dir = path.module
    environment = { KUBECONFIG = pathexpand(self.output.kubeconfig) }
    command     = "kubectl --context=\"${self.output.context == null ? "" : self.output.context}\" delete --ignore-not-found -k cluster"
  }
}

# Applies the manifests, again whenever one of them is another.
resource "terraform_data" "manifests" {
  triggers_replace = local.manifests

  provisioner "local-exec" {
    working_dir = path.module
    environment = { KUBECONFIG = pathexpand(terraform_data.cluster.output.kubeconfig) }
    command     = "kubectl --context=\"${var.context == null ? "" : var.context}\" apply --server-side -k cluster"
  }

  # The BIG-IP gets pods that are ready.
  provisioner "local-exec" {
    environment = { KUBECONFIG = pathexpand(terraform_data.cluster.output.kubeconfig) }
    command     = "kubectl --context=\"${var.context == null ? "" : var.context}\" --namespace shop rollout status deployment --timeout 5m"
  }
}
