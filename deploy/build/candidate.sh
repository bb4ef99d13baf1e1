#!/usr/bin/env bash
# Deploys the processor beside what serves: as the tag "candidate", without traffic. The first time
# there is nothing beside it, and it takes all. Cloud Run starts an instance and waits until it listens.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}" "${BUILD_ID:?}" "${REDIS_CA_VERSION:?}" "${REDIS_URL_VERSION:?}"
: "${SLACK_BOT_TOKEN_VERSION:?}" "${GEMINI_API_KEY_VERSION:?}" "${SIGNING_KEYS_VERSION:?}"

gcloud run services list --project="$PROJECT_ID" --region="$REGION" \
  --filter=metadata.name=processor-service --format=json >build/processor.running.json

.venv/bin/python -m deploy.render deploy/processor-service.yaml \
  --beside=build/processor.running.json \
  "PROJECT_ID=$PROJECT_ID" \
  "REGION=$REGION" \
  "REVISION=${SHORT_SHA:-manual}-${BUILD_ID%%-*}" \
  "IMAGE=$(<build/processor.image)" \
  "REDIS_CA_VERSION=$REDIS_CA_VERSION" \
  "REDIS_URL_VERSION=$REDIS_URL_VERSION" \
  "SIGNING_KEYS_VERSION=$SIGNING_KEYS_VERSION" \
  "SLACK_BOT_TOKEN_VERSION=$SLACK_BOT_TOKEN_VERSION" \
  "GEMINI_API_KEY_VERSION=$GEMINI_API_KEY_VERSION" >build/processor.yaml

gcloud run services replace build/processor.yaml --project="$PROJECT_ID" --region="$REGION"
