#!/bin/sh
# Plans, and applies if there is something to do. Exits with 0 if all is as the
# configuration says in the end.
set -eu
terraform=${TERRAFORM:-terraform}

code=0
"$terraform" plan -input=false -detailed-exitcode -out=cutover.tfplan "$@" || code=$?
case $code in
0) echo "nothing to do"; exit 0 ;;
2) ;;
*) exit "$code" ;;
esac

# Here a person, or a rule, looks at: terraform show cutover.tfplan

"$terraform" apply -input=false cutover.tfplan
"$terraform" plan -input=false -detailed-exitcode "$@" >/dev/null || {
  echo "the apply succeeded, and there is more to do: look at terraform plan" >&2
  exit 3
}
echo "done"
