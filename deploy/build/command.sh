#!/usr/bin/env bash
# Replaces the command service as a whole, and waits until no older revision holds a socket any more:
# till then Slack deals events out to both, and one that reaches both is one task. If the new revision
# does not get ready, the old one stays; also if another build's processor serves by now. What no substitution names is as in the revision that serves;
# after --keep stands what it is where none does.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}" "${BUILD_ID:?}" "${ROLLOUT_PERCENT?}" "${ROLLOUT_USER_IDS?}"
: "${ALLOWED_TEAM_IDS?}" "${ALLOWED_CHANNEL_IDS?}" "${ALLOWED_USER_IDS?}"
: "${SLACK_BOT_TOKEN_VERSION?}" "${SLACK_APP_TOKEN_VERSION?}" "${SIGNING_KEYS_VERSION?}"
: "${SYNTHETIC_QUESTION_SECONDS?}"

# Somebody may have taken this build's processor back: an older one does not know all that this command
# service would send it, and nobody would be told (docs/rollout.md, "Which service first").
serving=$(gcloud run services list --project="$PROJECT_ID" --region="$REGION" \
  --filter=metadata.name=processor-service --format=json | .venv/bin/python -c '
import json, sys
from deploy.running import Running
print(Running(json.load(sys.stdin)).carrier or "none")
')
revision=${SHORT_SHA:-manual}-${BUILD_ID%%-*}
if [ "$serving" != "processor-service-$revision" ]; then
  echo "The processor of this build does not serve, but $serving: the command service stays as it is." >&2
  exit 1
fi

gcloud run services list --project="$PROJECT_ID" --region="$REGION" \
  --filter=metadata.name=command-service --format=json >build/command.running.json
gcloud run revisions list --service=command-service --project="$PROJECT_ID" --region="$REGION" \
  --format=json >build/command.revisions.json

.venv/bin/python -m deploy.render deploy/command-service.yaml \
  --instead=build/command.running.json --revisions=build/command.revisions.json \
  --keep=ROLLOUT_PERCENT=100 --keep=ROLLOUT_USER_IDS= --keep=ALLOWED_TEAM_IDS= \
  --keep=ALLOWED_CHANNEL_IDS= --keep=ALLOWED_USER_IDS= --keep=SYNTHETIC_QUESTION_SECONDS=300 --keep=SIGNING_KEYS_VERSION=1 \
  --keep=SLACK_BOT_TOKEN_VERSION=1 --keep=SLACK_APP_TOKEN_VERSION=1 \
  "PROJECT_ID=$PROJECT_ID" \
  "REGION=$REGION" \
  "REVISION=$revision" \
  "IMAGE=$(<build/command.image)" \
  "ALLOWED_TEAM_IDS=$ALLOWED_TEAM_IDS" \
  "ALLOWED_CHANNEL_IDS=$ALLOWED_CHANNEL_IDS" \
  "ALLOWED_USER_IDS=$ALLOWED_USER_IDS" \
  "ROLLOUT_PERCENT=$ROLLOUT_PERCENT" \
  "ROLLOUT_USER_IDS=$ROLLOUT_USER_IDS" \
  "SYNTHETIC_QUESTION_SECONDS=$SYNTHETIC_QUESTION_SECONDS" \
  "SIGNING_KEYS_VERSION=$SIGNING_KEYS_VERSION" \
  "SLACK_BOT_TOKEN_VERSION=$SLACK_BOT_TOKEN_VERSION" \
  "SLACK_APP_TOKEN_VERSION=$SLACK_APP_TOKEN_VERSION" >build/command.yaml

gcloud run services replace build/command.yaml --project="$PROJECT_ID" --region="$REGION"

.venv/bin/python -m deploy.departure command --project="$PROJECT_ID" --region="$REGION"
