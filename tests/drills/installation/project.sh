#!/bin/sh
# gcloud of a project that is a folder, $PROJECT: what was created is there, and nothing else. As strict as
# Google where an order matters: an API that is not enabled, a thing that is not there or is there
# already, a right for an account that nobody made. Each call is noted in $PROJECT/calls.
{ printf gcloud; for word in "$@"; do printf " '%s'" "$word"; done; echo; } >>"$PROJECT/calls"

unset kind verb name given secret topic dead member bucket
for word in "$@"; do
  case $word in
    --name=* | --display-name=*) given=${word#*=} ;;
    --secret=*) secret=${word#*=} ;;
    --topic=*) topic=${word#*=} ;;
    --dead-letter-topic=*) dead=${word#*=} ;;
    --member=serviceAccount:*@"$PROJECT_ID".iam.*) member=${word#*:}; member=${member%@*} ;;
    --gcs-source-staging-dir=gs://*) bucket=${word#*gs://}; bucket=${bucket%%/*} ;;
    --*) ;;
    describe | create | update | add | access | enable | list | submit | get-* | set-* | *-iam-policy-binding)
      [ -z "$verb" ] && verb=$word || name=${name:-$word} ;;
    *) if [ -z "$verb" ]; then kind=$kind${kind:+-}$word; else name=${name:-$word}; fi ;;
  esac
done
name=${name#gs://}
name=${name%@"$PROJECT_ID".iam.*}

refuse() { echo "ERROR: (gcloud) $1" >&2; exit 1; }
has() { [ -e "$PROJECT/$1/$2" ] || refuse "NOT_FOUND: $1 $2 was not found."; }

case $kind in
  compute-*) api=compute ;;
  artifacts-*) api=artifactregistry ;;
  iam-*) api=iam ;;
  redis-*) api=redis ;;
  secrets*) api=secretmanager ;;
  pubsub-*) api=pubsub ;;
  run-*) api=run ;;
  builds*) api=cloudbuild ;;
  billing-budgets) api=billingbudgets ;;
  *) api= ;;
esac
if [ -n "$api" ] && ! grep -q "$api.googleapis.com" "$PROJECT/services" 2>/dev/null; then
  refuse "PERMISSION_DENIED: $api.googleapis.com has not been used in project $PROJECT_ID before or it is disabled."
fi
[ -z "$member" ] || [ -e "$PROJECT/iam-service-accounts/$member" ] ||
  refuse "INVALID_ARGUMENT: Service account $member does not exist."
[ -z "$topic" ] || has pubsub-topics "$topic"
[ -z "$dead" ] || has pubsub-topics "$dead"
[ -z "$bucket" ] || has storage-buckets "$bucket"

case $kind.$verb in
  services.enable) echo "$*" >>"$PROJECT/services" ;;
  projects.describe) echo 123456789 ;;
  projects.*-iam-policy-binding | *.list | *-identity.create) ;;
  builds.submit)
    mkdir -p "$PROJECT/run-services" "$PROJECT/run-jobs"
    for made in run-services/command-service run-services/processor-service run-jobs/mechachang-smoke; do
      echo >"$PROJECT/$made"
    done ;;
  secrets-versions.add) has secrets "$name"; mkdir -p "$PROJECT/values"; cat >"$PROJECT/values/$name" ;;
  secrets-versions.*) has values "$secret"; [ "$verb" = describe ] || cat "$PROJECT/values/$secret" ;;
  *.create)
    # Some things have their names in a flag.
    case $kind in builds-* | billing-*) name=${given:-$name} ;; esac
    [ ! -e "$PROJECT/$kind/$name" ] || refuse "ALREADY_EXISTS: $kind $name exists."
    mkdir -p "$PROJECT/$kind"
    echo >"$PROJECT/$kind/$name" ;;
  builds-connections.describe) echo "stage: COMPLETE" ;;
  *)
    has "$kind" "$name"
    case "$*" in
      *"value(host)"*) echo 10.0.0.3 ;;
      *"value(port)"*) echo 6378 ;;
      *get-auth-string*) echo redis-password ;;
      *serverCaCerts*) echo "-----BEGIN CERTIFICATE-----" ;;
      redis*) echo "state: READY" ;;
    esac ;;
esac
