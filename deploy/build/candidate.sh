#!/usr/bin/env bash
# Deploys the processor beside what serves: as the tag "candidate", without traffic. The first time
# there is nothing beside it, and it takes all. Cloud Run starts an instance and waits until it listens.
# A rollout that was cut off (a cancelled build) is taken back first. What no substitution names is as
# in the revision that serves; after --keep stands what it is where none does.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}" "${LOCATION:?}" "${BUILD_ID:?}" "${REDIS_CA_VERSION?}" "${REDIS_URL_VERSION?}"
: "${SLACK_BOT_TOKEN_VERSION?}" "${GEMINI_API_KEY_VERSION?}" "${SIGNING_KEYS_VERSION?}"
: "${VERTEX_LOCATION?}"

there() {
  gcloud run services list --project="$PROJECT_ID" --region="$REGION" \
    --filter=metadata.name=processor-service --format=json
}

there >build/processor.running.json
if grep -q '"metadata"' build/processor.running.json; then
  .venv/bin/python -m deploy.rollout processor --take-back --project="$PROJECT_ID" \
    --region="$REGION" ${NOTIFY_CHANNEL:+"--channel=$NOTIFY_CHANNEL"}
  there >build/processor.running.json
fi
gcloud run revisions list --service=processor-service --project="$PROJECT_ID" --region="$REGION" \
  --format=json >build/processor.revisions.json

# A build may wait for its approval, or be tested for half an hour, while a hotfix goes out; it would
# then bring back what that mended. Without the right to look, it is as it was before this check.
ordered=$(gcloud builds describe "$BUILD_ID" --project="$PROJECT_ID" --region="$LOCATION" \
  --format='value(createTime)') || echo "Whether a later build serves is not known." >&2

.venv/bin/python -m deploy.render deploy/processor-service.yaml --ordered-at="$ordered" \
  --beside=build/processor.running.json --revisions=build/processor.revisions.json \
  --keep=REDIS_CA_VERSION=1 --keep=REDIS_URL_VERSION=1 --keep=SIGNING_KEYS_VERSION=1 \
  --keep=SLACK_BOT_TOKEN_VERSION=1 --keep=GEMINI_API_KEY_VERSION=1 \
  --vertex=deploy/vertex-ai.yaml --keep=VERTEX_LOCATION= \
  "PROJECT_ID=$PROJECT_ID" \
  "REGION=$REGION" \
  "REVISION=${SHORT_SHA:-manual}-${BUILD_ID%%-*}" \
  "IMAGE=$(<build/processor.image)" \
  "REDIS_CA_VERSION=$REDIS_CA_VERSION" \
  "REDIS_URL_VERSION=$REDIS_URL_VERSION" \
  "SIGNING_KEYS_VERSION=$SIGNING_KEYS_VERSION" \
  "SLACK_BOT_TOKEN_VERSION=$SLACK_BOT_TOKEN_VERSION" \
  "GEMINI_API_KEY_VERSION=$GEMINI_API_KEY_VERSION" \
  "VERTEX_LOCATION=$VERTEX_LOCATION" >build/processor.yaml

gcloud run services replace build/processor.yaml --project="$PROJECT_ID" --region="$REGION"
