# terraform apply -invoke=action.bigipkube_save_config.now
action "bigipkube_save_config" "now" {}
