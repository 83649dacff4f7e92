#!/bin/sh
# Tests the cutover on a simulated BIG-IP: on your machine, or in CI. It needs
# terraform or tofu, the provider's program, and curl.
#
#   ./test.sh                                         # all as it should be
#   FAULTS='{"preset":"busy","for":"3s"}' ./test.sh   # a device in trouble
#   DOWN=192.0.2.31:8080 ./test.sh                    # a member that is down: the test must fail
set -eu
cd "$(dirname "$0")"
terraform=${TERRAFORM:-terraform}
program=${PROGRAM:-terraform-provider-bigipkube}
work=$(mktemp -d)
trap 'kill "$device" 2>/dev/null || true; rm -rf "$work"' EXIT

# The simulator prints one line of JSON when it is ready: the pipe waits for it.
mkfifo "$work/ready"
"$program" simulate --listen 127.0.0.1:0 --control 127.0.0.1:0 --ca-file "$work/ca.pem" --verbose >"$work/ready" 2>"$work/log" &
device=$!
read -r line <"$work/ready"
field() { printf '%s' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
control=$(field control)

# Your servers are not here. Something that answers HTTP stands in for them: the
# control API itself will do, or name a test copy of your application instead.
stand_in=${STAND_IN:-${control#http://}}
for member in 192.0.2.21:8080 192.0.2.22:8080 192.0.2.31:8080 192.0.2.32:8080; do
  if [ "$member" != "${DOWN:-}" ]; then
    curl -sSf -X PUT "$control/members" -d "{\"$member\":\"$stand_in\"}"
  fi
done
if [ -n "${FAULTS:-}" ]; then
  curl -sSf -X PUT "$control/faults" -d "$FAULTS"
fi

BIGIP_HOST=$(field management) BIGIP_USER=admin BIGIP_PASSWORD=admin BIGIP_TRUSTED_CERT_PATH="$work/ca.pem"
export BIGIP_HOST BIGIP_USER BIGIP_PASSWORD BIGIP_TRUSTED_CERT_PATH
if ! "$terraform" test "$@"; then
  echo "What the simulated device logged:" >&2
  cat "$work/log" >&2
  exit 1
fi
