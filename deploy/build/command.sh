#!/usr/bin/env bash
# Replaces the command service as a whole. Old and new sockets are open together for some seconds;
# an event that reaches both is one task. If the new revision does not get ready, the old one stays.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}" "${BUILD_ID:?}" "${ROLLOUT_PERCENT:?}"
: "${SLACK_BOT_TOKEN_VERSION:?}" "${SLACK_APP_TOKEN_VERSION:?}" "${SIGNING_KEYS_VERSION:?}"

.venv/bin/python -m deploy.render deploy/command-service.yaml \
  "PROJECT_ID=$PROJECT_ID" \
  "REGION=$REGION" \
  "REVISION=${SHORT_SHA:-manual}-${BUILD_ID%%-*}" \
  "IMAGE=$(<build/command.image)" \
  "ALLOWED_TEAM_IDS=${ALLOWED_TEAM_IDS:-}" \
  "ROLLOUT_PERCENT=$ROLLOUT_PERCENT" \
  "ROLLOUT_USER_IDS=${ROLLOUT_USER_IDS:-}" \
  "SIGNING_KEYS_VERSION=$SIGNING_KEYS_VERSION" \
  "SLACK_BOT_TOKEN_VERSION=$SLACK_BOT_TOKEN_VERSION" \
  "SLACK_APP_TOKEN_VERSION=$SLACK_APP_TOKEN_VERSION" >build/command.yaml

gcloud run services replace build/command.yaml --project="$PROJECT_ID" --region="$REGION"
