#!/usr/bin/env bash
# PROJECT_ID=… REGION=… deploy/build/tools.sh: copies the images that the build itself runs in into the
# project's own registry, and prints them by digest as substitutions of cloudbuild.yaml. A tag may be
# moved to other contents; a digest cannot. Google deletes its images of the Cloud CLI after a year
# (github.com/GoogleCloudPlatform/cloud-sdk-docker), and a build of ours must go on working then.
#
#   --substitutions="SHORT_SHA=…,_REGION=…,$(deploy/build/tools.sh)"
# ---
# PROJECT_ID=… REGION=… deploy/build/tools.sh：ビルド自体が使うイメージをプロジェクトのレジストリにコピーし、
# cloudbuild.yaml の置換変数として、ダイジェスト付きで表示します。タグの中身は変わることがありますが、
# ダイジェストは変わりません。Google は Cloud CLI のイメージを 1 年で削除しますが
# （github.com/GoogleCloudPlatform/cloud-sdk-docker）、その後もビルドできるようにするためです。
#
#   --substitutions="SHORT_SHA=…,_REGION=…,$(deploy/build/tools.sh)"
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/../spoken.sh"
case " $* " in
  *" --help "* | *" -h "*) print_help "$0"; exit ;;
esac
: "${PROJECT_ID:?$(words "Which project? Set PROJECT_ID." "プロジェクトを PROJECT_ID で指定してください。")}"

readonly REPOSITORY=${REPOSITORY:-${REGION:-asia-northeast1}-docker.pkg.dev/$PROJECT_ID/mechachang}
readonly GCLOUD=${GCLOUD:-gcr.io/google.com/cloudsdktool/google-cloud-cli:stable}
readonly DOCKER=${DOCKER:-mirror.gcr.io/library/docker:28-cli}
readonly BUILDKIT=${BUILDKIT:-docker.io/moby/buildkit:v0.24.0}

# mirrored NAME IMAGE: our copy of the image by its digest, under a tag that says how old it is.
mirrored() {
  local digest copy=$REPOSITORY/tools/$1
  docker buildx imagetools create --tag "$copy:$(date -u +%Y-%m-%d)" "$2" >&2
  digest=$(docker buildx imagetools inspect "$copy:$(date -u +%Y-%m-%d)" --format '{{.Manifest.Digest}}')
  case $digest in
    sha256:*) echo "$copy@$digest" ;;
    *) words "There is no digest of $2." "$2 のダイジェストがありません。" >&2; return 1 ;;
  esac
}

gcloud=$(mirrored gcloud "$GCLOUD")
docker=$(mirrored docker "$DOCKER")
buildkit=$(mirrored buildkit "$BUILDKIT")
echo "_GCLOUD_IMAGE=$gcloud,_DOCKER_IMAGE=$docker,_BUILDKIT_IMAGE=$buildkit,_TOOLS_DATE=$(date -u +%Y-%m-%d)"
