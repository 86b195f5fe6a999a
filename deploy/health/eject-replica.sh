#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Takes a pod out of the Service and of the router of the vLLM production stack while Reasonwatch
# has confirmed that this one replica is at fault, and puts it back afterwards. Both find their
# pods by a label, so that is all that is changed; the pod itself runs on, to be looked at.
#
#   eject-replica.sh MODEL LABEL=VALUE        for example: eject-replica.sh my-model model=qwen3
#
# REASONWATCH_URL (http://reasonwatch:9096), REASONWATCH_TOKEN, NAMESPACE (default), EVERY (30 s),
# KUBECTL (kubectl). The replica's name must be the pod's, as the Python tap sends it.
# Never takes out more than one pod.
set -euo pipefail

model=${1:?the model} label=${2:?the label by which the pods are found}
url=${REASONWATCH_URL:-http://reasonwatch:9096}
kubectl=${KUBECTL:-kubectl}
key=${label%%=*} value=${label#*=}
auth=()
[ -z "${REASONWATCH_TOKEN:-}" ] || auth=(-H "authorization: Bearer $REASONWATCH_TOKEN")

faulty() {
  curl --silent --show-error --fail --max-time 5 "${auth[@]}" \
    "$url/api/v1/models/$model/health" |
    sed -n 's/.*"faulty_replica":"\([A-Za-z0-9.-]*\)".*/\1/p'
}

out=""
while :; do
  # A health that can't be read changes nothing.
  if now=$(faulty); then
    if [ -n "$now" ] && [ -z "$out" ]; then
      echo "takes $now out of service: $url/api/v1/models/$model/health"
      "$kubectl" -n "${NAMESPACE:-default}" label pod "$now" "$key-" && out=$now
    elif [ -z "$now" ] && [ -n "$out" ]; then
      echo "puts $out back"
      "$kubectl" -n "${NAMESPACE:-default}" label pod "$out" "$key=$value" && out=""
    fi
  fi
  [ "${ONCE:-}" = 1 ] && exit
  sleep "${EVERY:-30}"
done
