#!/usr/bin/env bash
# Asks the candidate whether it can take pushes. The processor answers only inside the network, so a
# Cloud Run job asks, in the name of the account that Pub/Sub pushes as and with the candidate's image.
set -euo pipefail
: "${PROJECT_ID:?}" "${REGION:?}"

# Without a candidate this was the first deployment: then the service itself is asked.
url=$(gcloud run services describe processor-service --project="$PROJECT_ID" --region="$REGION" \
  --format=json | .venv/bin/python -c '
import json, sys
status = json.load(sys.stdin)["status"]
tagged = {target.get("tag"): target.get("url") for target in status["traffic"]}
print(tagged.get("candidate") or status["url"])
')

gcloud run jobs deploy mechachang-smoke --project="$PROJECT_ID" --region="$REGION" \
  --image="$(<build/processor.image)" \
  --service-account="mechachang-push@$PROJECT_ID.iam.gserviceaccount.com" \
  --network=mechachang --subnet=mechachang-run --vpc-egress=all-traffic \
  --command=python --args="-m,processor_service.smoke,$url,mechachang-processor" \
  --max-retries=0 --task-timeout=180s --execute-now --wait
