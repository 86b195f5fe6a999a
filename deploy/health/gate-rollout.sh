#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Waits until a model has been ok for a while; for the step of a roll-out between two replicas.
#
#   gate-rollout.sh MODEL [MINUTES]           exit 0: ok all the time; 1: a loss was confirmed;
#                                             2: still suspect after three times as long
#
# REASONWATCH_URL (http://reasonwatch:9096), REASONWATCH_TOKEN, EVERY (10 s).
set -euo pipefail

model=${1:?the model} minutes=${2:-15}
url=${REASONWATCH_URL:-http://reasonwatch:9096}
every=${EVERY:-10}
auth=()
[ -z "${REASONWATCH_TOKEN:-}" ] || auth=(-H "authorization: Bearer $REASONWATCH_TOKEN")

ok=0
for ((waited = 0; waited <= minutes * 180; waited += every)); do
  answer=$(curl --silent --show-error --fail --max-time 5 "${auth[@]}" \
    "$url/api/v1/models/$model/health") || answer=""
  case $answer in
  *'"health":"confirmed"'*) echo "$answer"; exit 1 ;;
  *'"health":"ok"'*) ok=$((ok + every)) ;;
  *) ok=0 ;;
  esac
  if ((ok > minutes * 60)); then exit 0; fi
  sleep "$every"
done
echo "$answer"
exit 2
