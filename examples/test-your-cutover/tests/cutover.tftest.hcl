# The cutover, its rollback, and what must not happen. Each run is an apply on the
# state that the one before left; at the end everything is destroyed.

run "blue_serves" {
  assert {
    condition     = bigipkube_virtual_server.checkout.pool == bigipkube_pool.blue.id
    error_message = "${bigipkube_virtual_server.checkout.pool} serves, not blue."
  }
  assert {
    condition     = output.serving == 2
    error_message = "${output.serving} members of blue serve, not 2."
  }
}

# The plan of the cutover changes the virtual server and nothing else.
run "the_plan_moves_the_virtual_server" {
  command = plan

  variables {
    live = "green"
  }
  assert {
    condition     = bigipkube_virtual_server.checkout.pool == bigipkube_pool.green.id
    error_message = "The plan does not move the virtual server to green."
  }
}

run "cutover" {
  variables {
    live = "green"
  }
  assert {
    condition     = bigipkube_virtual_server.checkout.pool == bigipkube_pool.green.id
    error_message = "${bigipkube_virtual_server.checkout.pool} serves, not green."
  }
  assert {
    condition     = output.serving == length(var.green)
    error_message = "${output.serving} of ${length(var.green)} members of green serve."
  }
  assert {
    condition     = alltrue([for member in bigipkube_pool.blue.members : member.session == "enabled"])
    error_message = "Blue is not ready for the way back."
  }
}

run "rollback" {
  variables {
    live = "blue"
  }
  assert {
    condition     = bigipkube_virtual_server.checkout.pool == bigipkube_pool.blue.id
    error_message = "${bigipkube_virtual_server.checkout.pool} serves, not blue."
  }
}

run "a_colour_that_does_not_exist" {
  command = plan

  variables {
    live = "purple"
  }
  expect_failures = [var.live]
}
