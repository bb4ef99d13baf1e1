#!/usr/bin/env bash
# Rolls the processor out. Smoke-tested it is already, from inside the network. A hotfix has one stage of
# five minutes, and is judged by what runs now where that breaks the limits: it may be the mend for it.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}" "${HOTFIX?}" "${NOTIFY_CHANNEL?}"

pace=(--patience=30m)
if [ "$HOTFIX" = yes ]; then pace=(--hotfix --stages=100 --hold=5m --patience=5m); fi

# exec: a cancelled build tells this process so, and it takes its traffic back.
exec .venv/bin/python -m deploy.rollout processor --project="$PROJECT_ID" --region="$REGION" \
  --no-smoke-test --quiet-is-good "${pace[@]}" ${NOTIFY_CHANNEL:+"--channel=$NOTIFY_CHANNEL"}
