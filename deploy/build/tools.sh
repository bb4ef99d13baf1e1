#!/usr/bin/env bash
# deploy/build/tools.sh: looks up the digests of the images that the build itself runs in, and prints
# them as substitutions of cloudbuild.yaml. Their tags may be moved to other contents; a digest cannot.
#
#   --substitutions="SHORT_SHA=…,_REGION=…,$(deploy/build/tools.sh)"
set -euo pipefail

readonly GCLOUD=${GCLOUD:-gcr.io/google.com/cloudsdktool/google-cloud-cli:528.0.0}
readonly DOCKER=${DOCKER:-docker.io/library/docker:28-cli}
readonly BUILDKIT=${BUILDKIT:-docker.io/moby/buildkit:v0.24.0}

# pinned IMAGE: the image by its digest, without the tag.
pinned() {
  local digest
  digest=$(docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}')
  case $digest in
    sha256:*) echo "${1%:*}@$digest" ;;
    *) echo "There is no digest of $1." >&2; return 1 ;;
  esac
}

gcloud=$(pinned "$GCLOUD")
docker=$(pinned "$DOCKER")
buildkit=$(pinned "$BUILDKIT")
echo "_GCLOUD_IMAGE=$gcloud,_DOCKER_IMAGE=$docker,_BUILDKIT_IMAGE=$buildkit"
