#!/usr/bin/env bash
# Writes down how the installation is configured, into a new folder with the time as its name, so that
# it can be compared and made again (docs/backup.md). Reads only; values of secrets are never read.
#
#   PROJECT_ID=my-project deploy/backup.sh [--dry-run] [PART…]
#
# Parts: run secrets pubsub redis monitoring iam. Without any, all of them. BACKUPS names the folder
# that takes the folders (backups), REGION where the services run (asia-northeast1). With --dry-run each
# command is printed, and nothing done.
# ---
# 環境の設定を、実行時刻を名前にした新しいフォルダーに書き出します。後で比較したり、作り直したりできます
# （docs/ja/backup.md）。読み取るだけで、シークレットの値は読みません。
#
#   PROJECT_ID=my-project deploy/backup.sh [--dry-run] [PART…]
#
# PART：run secrets pubsub redis monitoring iam（省略すると、すべて）
# BACKUPS はフォルダーの保存先（backups）、REGION はサービスを動かすリージョン（asia-northeast1）です。
# --dry-run を付けると、コマンドを表示するだけで何も実行しません。
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/spoken.sh"
case " $* " in
  *" --help "* | *" -h "*) print_help "$0"; exit ;;
esac

: "${PROJECT_ID:?$(words "Which project? Set PROJECT_ID." "プロジェクトを PROJECT_ID で指定してください。")}"
REGION=${REGION:-asia-northeast1}
BACKUPS=${BACKUPS:-backups}

readonly PARTS=(run secrets pubsub redis monitoring iam)
dry_run=

main() {
  local parts=() part finished folder
  for part in "$@"; do
    case $part in
      --dry-run) dry_run=1 ;;
      *) is_part "$part" || fail "$(unknown "$part")"; parts+=("$part") ;;
    esac
  done
  [ ${#parts[@]} -gt 0 ] || parts=("${PARTS[@]}")
  finished=$BACKUPS/$PROJECT_ID-$(date -u +%Y-%m-%dT%H%M%SZ)
  # Under its name only once it is whole, so that half a backup is never taken for one.
  folder=$finished.part
  [ -n "$dry_run" ] || mkdir -p "$folder"
  for part in "${parts[@]}"; do "save_$part"; done
  [ -n "$dry_run" ] || mv "$folder" "$finished"
  [ -n "$dry_run" ] || echo "$finished"
}

unknown() {
  words "There is no part $1. There are: ${PARTS[*]}" "$1 という部分はありません。指定できるもの：${PARTS[*]}"
}

is_part() { [[ " ${PARTS[*]} " == *" $1 "* ]]; }

fail() { printf '%s\n' "$*" >&2; exit 1; }

# save FILE COMMAND…: what gcloud answers, as a file of the backup.
save() {
  local file=$1 command=(gcloud "${@:2}" --project="$PROJECT_ID" --quiet)
  if [ -n "$dry_run" ]; then
    printf '%q ' "${command[@]}"
    printf '> %q\n' "$file"
    return
  fi
  "${command[@]}" >"$folder/$file"
}

save_run() {
  local service
  for service in command-service processor-service; do
    # "export" leaves out what Cloud Run has added itself: the file can be given to "replace" again.
    save "$service.yaml" run services describe "$service" --region="$REGION" --format=export
    save "$service.traffic.json" run services describe "$service" --region="$REGION" \
      --format='json(status.traffic,metadata.annotations)'
    save "$service.revisions.json" run revisions list --service="$service" --region="$REGION" \
      --format=json
  done
}

# Their names, and which versions there are. Nothing here may ever read one.
save_secrets() {
  local secret
  save secrets.json secrets list --filter=name:mechachang- --format='json(name,createTime,replication)'
  for secret in slack-bot-token slack-app-token gemini-api-key signing-keys redis-url redis-ca; do
    save "secret-$secret.versions.json" secrets versions list "mechachang-$secret" \
      --format='json(name,state,createTime)'
  done
}

save_pubsub() {
  save topics.json pubsub topics list --format=json
  save subscriptions.json pubsub subscriptions list --format=json
}

save_redis() {
  save redis.json redis instances describe mechachang --region="$REGION" \
    --format='json(name,tier,memorySizeGb,redisVersion,redisConfigs,authorizedNetwork,connectMode,transitEncryptionMode,authEnabled)'
}

save_monitoring() {
  save alert-policies.json alpha monitoring policies list --format=json
  save dashboards.json monitoring dashboards list --format=json
  save notification-channels.json beta monitoring channels list --format='json(name,type,displayName,enabled)'
}

save_iam() {
  save service-accounts.json iam service-accounts list --format='json(email,displayName,disabled)'
  save project-policy.json projects get-iam-policy "$PROJECT_ID" --format=json
}

main "$@"
