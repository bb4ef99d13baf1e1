#!/bin/sh
# deploy/build/image.sh SERVICE: builds Dockerfile.SERVICE and pushes it. Leaves the image's name with
# its digest in build/SERVICE.image, because only a digest says what is deployed. With it is pushed how
# and of what it was built (SLSA provenance), which differs from build to build.
set -eu
: "${REPOSITORY:?}" "${PYTHON_IMAGE:?}" "${GCLOUD_IMAGE:?}" "${DOCKER_IMAGE:?}" "${BUILDKIT_IMAGE:?}"
service=$1

for tool in "$GCLOUD_IMAGE" "$DOCKER_IMAGE" "$BUILDKIT_IMAGE"; do
  case $tool in
    *@sha256:*) ;;
    *) echo "$tool is not named by its digest: deploy/build/tools.sh tells it." >&2; exit 1 ;;
  esac
done

docker buildx create --name "$service" --driver docker-container \
  --driver-opt "image=$BUILDKIT_IMAGE" --bootstrap
# The tag as it is today, but for all stages the same, and written down in the image's history.
base=$(docker buildx imagetools inspect "$PYTHON_IMAGE" --format '{{.Manifest.Digest}}')

mkdir -p build
# Timestamps are rewritten, so that the same sources and the same base give the same digest.
docker buildx build . --builder "$service" --file "Dockerfile.$service" \
  --build-arg "PYTHON_IMAGE=${PYTHON_IMAGE%@*}@$base" \
  --build-arg SOURCE_DATE_EPOCH=0 \
  --provenance=mode=max \
  --cache-from "type=registry,ref=$REPOSITORY/$service:cache" \
  --cache-to "type=registry,ref=$REPOSITORY/$service:cache,mode=max" \
  --output "type=image,\"name=$REPOSITORY/$service:latest\",push=true,rewrite-timestamp=true" \
  --metadata-file "build/$service.json"

digest=$(sed -n 's/.*"containerimage.digest": *"\([^"]*\)".*/\1/p' "build/$service.json")
: "${digest:?The build has told no digest.}"
echo "$REPOSITORY/$service@$digest" >"build/$service.image"
cat "build/$service.image"
