#!/usr/bin/env bash
# Makes everything in a Google Cloud project that both services need, and may be run again at any
# time: what is there is kept, what can be brought up to date is. Secrets are read from the
# environment or from Memorystore and never shown.
#
#   PROJECT_ID=my-project deploy/bootstrap.sh [--dry-run] [PART…]
#   PROJECT_ID=my-project deploy/bootstrap.sh [--dry-run] oncall GROUP
#   PROJECT_ID=my-project deploy/bootstrap.sh [--dry-run] narrow | vertex
#
# Parts, in their order: apis network registry accounts redis secrets pubsub rights. Without any,
# all of them. With --dry-run nothing is asked of Google Cloud: each command is printed that would be
# run; after "# if there is none:" stands how that is found out, and after a secret's "versions add"
# it is one only if the value is another than the last.
#
# Only if they are named: budget tells whoever pays at 50, 90 and (foreseen) 100 % of MONTHLY_BUDGET, in
# the currency of BILLING_ACCOUNT; it stops nothing.
# oncall gives GROUP (on-call@example.com, a Google group; user:NAME@… for one person) what the runbooks
# need and no more. narrow, once both services are there: builds may administer these two and the smoke
# test's job, and nothing else of Cloud Run; "rights" takes that back, as a new service would need.
# vertex: the processor may ask Gemini at Vertex AI, for builds with _VERTEX_LOCATION (docs/data.md).
#
# From the environment:
#   PROJECT_ID       the project
#   REGION           where the services run (asia-northeast1)
#   RESIDENCY        jp: secrets and messages are kept in Tokyo and Osaka only (docs/data.md)
#   REDIS_TIER       basic, or standard with a replica (basic); REDIS_SIZE_GB (1)
#   SUBNET_RANGE BUILD_BUCKET   of a second region (10.8.0.0/24, PROJECT_ID-mechachang-build)
#   PROCESSOR_URL    where Pub/Sub pushes to, if not to Cloud Run's usual address
#   BILLING_ACCOUNT MONTHLY_BUDGET   for budget
#   SLACK_BOT_TOKEN SLACK_APP_TOKEN GEMINI_API_KEY SIGNING_KEYS   values of secrets, if they are new
# ---
# 両サービスに必要なものを Google Cloud プロジェクトに作ります。何度実行しても構いません。すでにあるものは
# 残し、更新できるものは更新します。シークレットの値は環境変数または Memorystore から読み取り、表示しません。
#
#   PROJECT_ID=my-project deploy/bootstrap.sh [--dry-run] [PART…]
#   PROJECT_ID=my-project deploy/bootstrap.sh [--dry-run] oncall GROUP
#   PROJECT_ID=my-project deploy/bootstrap.sh [--dry-run] narrow | vertex
#
# PART（この順に実行します。省略すると、すべて）：
# apis network registry accounts redis secrets pubsub rights
# --dry-run を付けると Google Cloud には何も問い合わせず、実行するはずのコマンドを表示します。
# 「# なければ：」の後ろは、あるかどうかを調べるコマンドです。シークレットの versions add は、
# 値が前回と違う場合だけ実行します。
#
# 指定したときだけ行うもの：budget は、MONTHLY_BUDGET（BILLING_ACCOUNT の通貨）の 50、90 と、見込みで 100 % に
# 達したときに、支払いの担当者に知らせます（何も停止しません）。
# oncall は、GROUP（Google グループの on-call@example.com、または 1 人なら user:NAME@…）に、ランブックに必要な
# 権限だけを与えます。narrow は、両サービスができた後に、ビルドが管理できる Cloud Run を、この 2 つとスモーク
# テストのジョブだけに絞ります。新しいサービスに必要なときは、rights で元に戻ります。
# vertex は、_VERTEX_LOCATION を指定するビルドのために、processor が Vertex AI の Gemini を利用できるように
# します（docs/ja/data.md）。
#
# 環境変数：
#   PROJECT_ID       プロジェクト
#   REGION           サービスを動かすリージョン（asia-northeast1）
#   RESIDENCY        jp にすると、シークレットとメッセージを東京と大阪だけに保管します（docs/ja/data.md）
#   REDIS_TIER       basic、またはレプリカのある standard（basic）。REDIS_SIZE_GB は容量（1）
#   SUBNET_RANGE BUILD_BUCKET   2 つ目のリージョンのもの（10.8.0.0/24、PROJECT_ID-mechachang-build）
#   PROCESSOR_URL    Pub/Sub のプッシュ先（Cloud Run の通常のアドレスと違う場合）
#   BILLING_ACCOUNT MONTHLY_BUDGET   budget に使います
#   SLACK_BOT_TOKEN SLACK_APP_TOKEN GEMINI_API_KEY SIGNING_KEYS   シークレットの値（新しい場合）
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/spoken.sh"
case " $* " in
  *" --help "* | *" -h "*) print_help "$0"; exit ;;
esac
# A step that fails inside $(…) ends all too.
shopt -s inherit_errexit 2>/dev/null ||
  { words "Bash 4.4 or newer is needed." "Bash 4.4 以降が必要です。" >&2; exit 1; }

: "${PROJECT_ID:?$(words "Which project? Set PROJECT_ID." "プロジェクトを PROJECT_ID で指定してください。")}"
REGION=${REGION:-asia-northeast1}
# Everything in Redis can be lost, so that one node is enough; "standard" adds a replica.
REDIS_TIER=${REDIS_TIER:-basic}
REDIS_SIZE_GB=${REDIS_SIZE_GB:-1}
RESIDENCY=${RESIDENCY:-}
# One network cannot have a range twice, nor the world a bucket's name.
SUBNET_RANGE=${SUBNET_RANGE:-10.8.0.0/24}
BUILD_BUCKET=${BUILD_BUCKET:-$PROJECT_ID-mechachang-build}

readonly PARTS=(apis network registry accounts redis secrets pubsub rights)
# Those who deploy seldom may see what is paid, or give rights.
readonly IF_NAMED=(budget narrow vertex)
HERE=$(dirname "${BASH_SOURCE[0]}")
readonly HERE
# Both regions of Google Cloud in Japan.
readonly JAPAN=asia-northeast1,asia-northeast2
readonly TASKS=mechachang-tasks
readonly DEAD_LETTERS=mechachang-dead-letter
readonly AUDIENCE=mechachang-processor
readonly COMMAND=mechachang-command@$PROJECT_ID.iam.gserviceaccount.com
readonly PROCESSOR=mechachang-processor@$PROJECT_ID.iam.gserviceaccount.com
readonly PUSH=mechachang-push@$PROJECT_ID.iam.gserviceaccount.com
readonly CHECK=mechachang-check@$PROJECT_ID.iam.gserviceaccount.com
readonly BUILD=mechachang-build@$PROJECT_ID.iam.gserviceaccount.com
dry_run=

main() {
  local parts=() part group=
  check_residency
  while [ $# -gt 0 ]; do
    case $1 in
      --dry-run) dry_run=1 ;;
      oncall) group=${2:-}; parts+=(oncall); [ $# -lt 2 ] || shift ;;
      *) is_part "$1" || fail "$(unknown "$1" "${PARTS[*]} ${IF_NAMED[*]} oncall")"; parts+=("$1") ;;
    esac
    shift
  done
  [ ${#parts[@]} -gt 0 ] || parts=("${PARTS[@]}")
  [[ " ${parts[*]} " != *" oncall "* || $group == *@* ]] ||
    fail "$(words "Who is on call? oncall on-call@example.com" "当番のグループを指定してください：oncall on-call@example.com")"
  for part in "${parts[@]}"; do
    printf '# --- %s\n' "$part"
    "make_$part" "$group"
  done
}

check_residency() {
  case $RESIDENCY in
    "") ;;
    jp) [[ ",$JAPAN," == *",$REGION,"* ]] ||
      fail "$(words "With RESIDENCY=jp the REGION is one of $JAPAN." "RESIDENCY=jp のときは、REGION に $JAPAN のいずれかを指定してください。")" ;;
    *) fail "$(words "RESIDENCY is jp or empty, not $RESIDENCY." "RESIDENCY に指定できるのは jp だけです（省略できます）：$RESIDENCY")" ;;
  esac
}

unknown() { words "There is no part $1. There are: $2" "$1 という部分はありません。指定できるもの：$2"; }

is_part() { [[ " ${PARTS[*]} ${IF_NAMED[*]} " == *" $1 "* ]]; }

fail() { printf '%s\n' "$*" >&2; exit 1; }

print() { printf '%q ' "$@" | sed 's/ $//'; echo; }

# cloud COMMAND…: change something.
cloud() {
  if [ -n "$dry_run" ]; then print gcloud "$@" --project="$PROJECT_ID"; return; fi
  gcloud "$@" --project="$PROJECT_ID" --quiet
}

# found COMMAND…: whether something is there. Only "not found" means no; any other failure ends all.
found() {
  if [ -n "$dry_run" ]; then
    printf '%s' "$(words '# if there is none: ' '# なければ：')"; print gcloud "$@" --project="$PROJECT_ID"
    return 1
  fi
  local said
  if said=$(gcloud "$@" --project="$PROJECT_ID" --quiet --format=none 2>&1); then return; fi
  case $said in
    *NOT_FOUND* | *"not found"* | *"does not exist"*) return 1 ;;
    *) fail "$said" ;;
  esac
}

# eventually COMMAND…: a right for an account that was made a moment ago may be refused for some
# seconds, until every part of IAM knows the account (cloud.google.com/iam/docs/access-change-propagation).
eventually() {
  local attempt
  for attempt in 1 2 3 4; do
    if cloud "$@"; then return; fi
    sleep $((attempt * 5))
  done
  cloud "$@"
}

make_apis() {
  # containerscanning looks at each image that is pushed, for some cents.
  cloud services enable artifactregistry.googleapis.com cloudbuild.googleapis.com \
    cloudtrace.googleapis.com compute.googleapis.com containerscanning.googleapis.com \
    generativelanguage.googleapis.com \
    iam.googleapis.com logging.googleapis.com monitoring.googleapis.com pubsub.googleapis.com \
    redis.googleapis.com run.googleapis.com secretmanager.googleapis.com telemetry.googleapis.com
}

make_network() {
  found compute networks describe mechachang ||
    cloud compute networks create mechachang --subnet-mode=custom
  # Private Google Access: the smoke test's job reaches run.app from inside.
  found compute networks subnets describe mechachang-run --region="$REGION" ||
    cloud compute networks subnets create mechachang-run --network=mechachang \
      --region="$REGION" --range="$SUBNET_RANGE" --enable-private-ip-google-access
}

make_registry() {
  found artifacts repositories describe mechachang --location="$REGION" ||
    cloud artifacts repositories create mechachang --location="$REGION" \
      --repository-format=docker --description="Images of both services"
  # What is over 90 days old goes, but never one of an image's newest thirty: a build pushes about
  # three (index, image, provenance), and the build's own images are renewed only every nine months.
  cloud artifacts repositories set-cleanup-policies mechachang --location="$REGION" \
    --policy="$HERE/image-cleanup.json" --no-dry-run
  found storage buckets describe "gs://$BUILD_BUCKET" ||
    cloud storage buckets create "gs://$BUILD_BUCKET" --location="$REGION" \
      --uniform-bucket-level-access --public-access-prevention
  cloud storage buckets update "gs://$BUILD_BUCKET" \
    --lifecycle-file="$HERE/build-lifecycle.json"
}

make_accounts() {
  account mechachang-command "The Slack side"
  account mechachang-processor "The Pub/Sub side"
  account mechachang-push "In whose name Pub/Sub pushes"
  account mechachang-build "Builds and deploys"
  account mechachang-check "Tests pull requests"
}

# account NAME WHAT
account() {
  found iam service-accounts describe "$1@$PROJECT_ID.iam.gserviceaccount.com" ||
    cloud iam service-accounts create "$1" --display-name="Mechachang: $2"
}

make_redis() {
  found redis instances describe mechachang --region="$REGION" ||
    cloud redis instances create mechachang --region="$REGION" --tier="$REDIS_TIER" \
      --size="$REDIS_SIZE_GB" --redis-version=redis_7_2 --network=mechachang \
      --connect-mode=direct-peering --enable-auth \
      --transit-encryption-mode=server-authentication \
      --redis-config=maxmemory-policy=volatile-lru
  # Google restarts it for maintenance when it likes, unless told: Sunday from 3:00 in Japan (UTC here).
  cloud redis instances update mechachang --region="$REGION" \
    --maintenance-window-day=saturday --maintenance-window-hour=18
}

make_secrets() {
  local url authorities
  url=$(redis_url)
  authorities=$(redis_authorities)
  secret mechachang-slack-bot-token "${SLACK_BOT_TOKEN:-}"
  secret mechachang-slack-app-token "${SLACK_APP_TOKEN:-}"
  secret mechachang-gemini-api-key "${GEMINI_API_KEY:-}"
  secret mechachang-signing-keys "${SIGNING_KEYS:-$(first_signing_key)}"
  secret mechachang-redis-url "$url"
  secret mechachang-redis-ca "$authorities"
}

# secret NAME VALUE: a new version only if VALUE is not the last one already.
secret() {
  local replication=(--replication-policy=automatic)
  [ "$RESIDENCY" != jp ] || replication=(--replication-policy=user-managed --locations="$JAPAN")
  found secrets describe "$1" || cloud secrets create "$1" "${replication[@]}"
  if [ -n "$dry_run" ]; then
    cloud secrets versions add "$1" --data-file=-
    return
  fi
  local last
  last=$(last_version "$1")
  if [ -z "$2" ]; then
    [ -n "$last" ] ||
      words "# $1 has no value yet. Run this again with it in the environment." "# $1 にはまだ値がありません。値を環境変数に入れて、もう一度実行してください。"
  elif [ "$last" != "$2" ]; then
    printf %s "$2" | cloud secrets versions add "$1" --data-file=-
  fi
}

last_version() {
  found secrets versions describe latest --secret="$1" || return 0
  cloud secrets versions access latest --secret="$1"
}

# Made by chance if there is none: nothing outside has to know it.
first_signing_key() {
  [ -z "$dry_run" ] && [ -z "$(last_version mechachang-signing-keys)" ] || return 0
  od -An -vN32 -tx1 /dev/urandom | tr -d ' \n'
}

redis_url() {
  [ -z "$dry_run" ] || return 0
  local host port password
  host=$(redis_says 'value(host)')
  port=$(redis_says 'value(port)')
  password=$(cloud redis instances get-auth-string mechachang --region="$REGION" \
    --format='value(authString)')
  printf 'rediss://:%s@%s:%s/0' "$password" "$host" "$port"
}

# Two of them while Google exchanges one for the next.
redis_authorities() {
  [ -z "$dry_run" ] || return 0
  redis_says 'value(serverCaCerts.cert)' --flatten='serverCaCerts[]'
}

redis_says() {
  cloud redis instances describe mechachang --region="$REGION" --format="$1" "${@:2}"
}

# simulators/stack/provisioning.py makes the same for the local stack, under the same names.
make_pubsub() {
  local number url
  number=$(project_number)
  url=${PROCESSOR_URL:-https://processor-service-$number.$REGION.run.app}
  topic $TASKS
  topic $DEAD_LETTERS
  # 300 s are Cloud Run's own limit for a request, and longer than any task may take. A delivery waits
  # for a dead worker's lease, so the first back-off may be short; eight of them last two minutes
  # (docs/architecture.md, "Times that belong together").
  subscription mechachang-tasks-push $TASKS --push-endpoint="$url/pubsub/push" \
    --push-auth-service-account="$PUSH" --push-auth-token-audience=$AUDIENCE \
    --ack-deadline=300 --min-retry-delay=1s --max-retry-delay=60s \
    --dead-letter-topic=$DEAD_LETTERS --max-delivery-attempts=8
  subscription mechachang-dead-letter-push $DEAD_LETTERS --push-endpoint="$url/pubsub/dead-letter" \
    --push-auth-service-account="$PUSH" --push-auth-token-audience=$AUDIENCE \
    --ack-deadline=300 --min-retry-delay=1s --max-retry-delay=60s
  # For people (`python -m deploy.dead_letters`). No back-off: what one list has read is there for
  # the next one at once.
  subscription mechachang-dead-letter-pull $DEAD_LETTERS --ack-deadline=300
}

topic() {
  found pubsub topics describe "$1" || cloud pubsub topics create "$1"
  # A new topic keeps its first message only after this.
  [ "$RESIDENCY" != jp ] ||
    cloud pubsub topics update "$1" --message-storage-policy-allowed-regions="$JAPAN"
}

# subscription NAME TOPIC FLAGS…: kept for a week, and never deleted for being idle.
subscription() {
  local flags=("${@:3}" --message-retention-duration=7d) once=(--expiration-period=never)
  # Nobody is owed an answer to a synthetic question. Google lets no filter be changed afterwards.
  [ "$2" != "$DEAD_LETTERS" ] || once+=(--message-filter='attributes.kind != "synthetic"')
  if found pubsub subscriptions describe "$1"; then
    # Not its expiration: the emulator that this is tested on refuses to update that.
    cloud pubsub subscriptions update "$1" "${flags[@]}"
  else
    cloud pubsub subscriptions create "$1" --topic="$2" "${flags[@]}" "${once[@]}"
  fi
}

project_number() {
  if [ -n "${PROJECT_NUMBER:-}" ]; then
    echo "$PROJECT_NUMBER"
  elif [ -n "$dry_run" ]; then
    echo PROJECT_NUMBER
  else
    gcloud projects describe "$PROJECT_ID" --format='value(projectNumber)'
  fi
}

make_rights() {
  local number agent account secret
  number=$(project_number)
  agent=service-$number@gcp-sa-pubsub.iam.gserviceaccount.com
  # Looking at the topic is how the Slack side finds out whether it can publish.
  on "pubsub topics" $TASKS "$COMMAND" pubsub.publisher pubsub.viewer
  for account in "$COMMAND" "$PROCESSOR"; do
    # Google's page on OTLP metrics names the last one beside the others.
    on projects "$PROJECT_ID" "$account" telemetry.metricsWriter telemetry.tracesWriter \
      serviceusage.serviceUsageConsumer
  done
  for secret in slack-bot-token slack-app-token signing-keys; do
    on secrets mechachang-$secret "$COMMAND" secretmanager.secretAccessor
  done
  for secret in slack-bot-token gemini-api-key signing-keys redis-url redis-ca; do
    on secrets mechachang-$secret "$PROCESSOR" secretmanager.secretAccessor
  done
  # Tells people when a version is taken back.
  on secrets mechachang-slack-bot-token "$BUILD" secretmanager.secretAccessor
  # Pub/Sub's own account moves dead letters, and signs in the push account's name.
  cloud beta services identity create --service=pubsub.googleapis.com
  on "pubsub topics" $DEAD_LETTERS "$agent" pubsub.publisher
  on "pubsub subscriptions" mechachang-tasks-push "$agent" pubsub.subscriber
  on "iam service-accounts" "$PUSH" "$agent" iam.serviceAccountTokenCreator
  # Whoever opens a pull request runs code as this account.
  on projects "$PROJECT_ID" "$CHECK" logging.logWriter
  # run.admin and not run.developer: only it may state who can call a service, as ours states.
  # builds.viewer: a build looks up when it was ordered, so that it does not undo a later one.
  on projects "$PROJECT_ID" "$BUILD" run.admin logging.logWriter monitoring.viewer \
    cloudbuild.builds.viewer
  on "artifacts repositories" mechachang "$BUILD" artifactregistry.writer --location="$REGION"
  on "storage buckets" "gs://$BUILD_BUCKET" "$BUILD" storage.objectViewer
  for account in "$COMMAND" "$PROCESSOR" "$PUSH"; do
    on "iam service-accounts" "$account" "$BUILD" iam.serviceAccountUser
  done
}

make_budget() {
  : "${BILLING_ACCOUNT:?$(words "Which one pays? See: gcloud billing projects describe $PROJECT_ID" \
    "支払いに使う請求先アカウントを指定してください。確認方法：gcloud billing projects describe $PROJECT_ID")}"
  : "${MONTHLY_BUDGET:?$(words "How much a month? Set MONTHLY_BUDGET, a number in the account's currency." \
    "1 か月の予算を、MONTHLY_BUDGET に請求先アカウントの通貨の数値で指定してください。")}"
  local name="Mechachang $PROJECT_ID" there look
  cloud services enable billingbudgets.googleapis.com
  look=(billing budgets list --billing-account="$BILLING_ACCOUNT"
    --filter="displayName=\"$name\"" --format='value(name)')
  if [ -n "$dry_run" ]; then
    printf '%s' "$(words '# if there is none: ' '# なければ：')"
    cloud "${look[@]}"
    there=
  else
    there=$(cloud "${look[@]}")
  fi
  if [ -n "$there" ]; then
    cloud billing budgets update "$there" --budget-amount="$MONTHLY_BUDGET"
  else
    cloud billing budgets create --billing-account="$BILLING_ACCOUNT" --display-name="$name" \
      --budget-amount="$MONTHLY_BUDGET" --filter-projects="projects/$PROJECT_ID" \
      --threshold-rule=percent=0.5 --threshold-rule=percent=0.9 \
      --threshold-rule=percent=1.0,basis=forecasted-spend
  fi
}

# What whoever is on call does by the runbooks: look, go back, scale, execute the smoke test, replay.
make_oncall() {
  local group=$1 account secret
  [[ $group == *:* ]] || group=group:$group
  on projects "$PROJECT_ID" "$group" run.developer monitoring.viewer logging.viewer \
    cloudtrace.user cloudbuild.builds.viewer redis.viewer serviceusage.serviceUsageConsumer
  # A new revision runs as one of these.
  for account in "$COMMAND" "$PROCESSOR"; do
    on "iam service-accounts" "$account" "$group" iam.serviceAccountUser
  done
  on "artifacts repositories" mechachang "$group" artifactregistry.reader --location="$REGION"
  on "pubsub subscriptions" mechachang-dead-letter-pull "$group" pubsub.subscriber pubsub.viewer
  on "pubsub subscriptions" mechachang-tasks-push "$group" pubsub.viewer
  on "pubsub topics" $TASKS "$group" pubsub.publisher
  # A revoked token is replaced at night; nobody can read one by this.
  for secret in slack-bot-token slack-app-token; do
    on secrets mechachang-$secret "$group" secretmanager.secretVersionAdder
  done
}

# IAM knows no condition on the name of a Cloud Run service in a project's policy
# (cloud.google.com/iam/docs/conditions-resource-attributes), and the first build has to make them, so
# that run.admin on the project comes first and rights on the things themselves only later.
make_narrow() {
  local service
  for service in command-service processor-service; do
    on "run services" $service "$BUILD" run.admin --region="$REGION"
  done
  on "run jobs" mechachang-smoke "$BUILD" run.admin --region="$REGION"
  on projects "$PROJECT_ID" "$BUILD" run.viewer
  cloud projects remove-iam-policy-binding "$PROJECT_ID" --member="serviceAccount:$BUILD" \
    --role=roles/run.admin --condition=None
}

make_vertex() {
  cloud services enable aiplatform.googleapis.com
  on projects "$PROJECT_ID" "$PROCESSOR" aiplatform.user
}

# on KIND NAME WHO ROLE… [--FLAG]: what WHO (an account, or KIND:NAME) may do with this one thing.
on() {
  local kind name=$2 member=$3 given flags=() roles=()
  [[ $member == *:* ]] || member=serviceAccount:$member
  read -ra kind <<<"$1"
  for given in "${@:4}"; do
    case $given in --*) flags+=("$given") ;; *) roles+=("$given") ;; esac
  done
  [ "$1" != projects ] || flags+=(--condition=None)
  for given in "${roles[@]}"; do
    eventually "${kind[@]}" add-iam-policy-binding "$name" --member="$member" \
      --role="roles/$given" "${flags[@]}"
  done
}

main "$@"
