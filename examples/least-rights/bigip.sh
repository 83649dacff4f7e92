#!/bin/sh
# A partition, and a user who may manage it and nothing else. As an administrator:
set -eu
tmsh create auth partition shop
tmsh create auth user terraform partition-access add "{ shop { role manager } }" shell none prompt-for-password
tmsh save sys config
