#!/usr/bin/env bash
# Asks the candidate whether it can take pushes. The processor answers only inside the network, so a
# Cloud Run job asks, in the name of the account that Pub/Sub pushes as and with the candidate's image.
# The job itself asks the service, whose address stays: later somebody runs it to find out what is wrong.
# Of a hotfix it is only asked whether it starts and takes pushes.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}" "${HOTFIX?}"

# Without a candidate this was the first deployment: then the service itself is asked.
urls=$(gcloud run services describe processor-service --project="$PROJECT_ID" --region="$REGION" \
  --format=json | .venv/bin/python -c '
import json, sys
status = json.load(sys.stdin)["status"]
tagged = {target.get("tag"): target.get("url") for target in status["traffic"]}
print(status["url"], tagged.get("candidate") or status["url"])
')
read -r service candidate <<<"$urls"
asks=-m,processor_service.smoke

gcloud run jobs deploy mechachang-smoke --project="$PROJECT_ID" --region="$REGION" \
  --image="$(<build/processor.image)" \
  --service-account="mechachang-push@$PROJECT_ID.iam.gserviceaccount.com" \
  --network=mechachang --subnet=mechachang-run --vpc-egress=all-traffic \
  --command=python --args="$asks,$service,mechachang-processor" \
  --max-retries=0 --task-timeout=180s

startable=
if [ "$HOTFIX" = yes ]; then startable=,--startable; fi
gcloud run jobs execute mechachang-smoke --project="$PROJECT_ID" --region="$REGION" --wait \
  --args="$asks,$candidate,mechachang-processor$startable"
