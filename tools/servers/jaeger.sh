#!/bin/sh
# Builds Jaeger once into the cache of test servers and prints the path of its program.
# Needs Go 1.26 and a Go module proxy; takes some ten minutes of two cores the first time.
set -eu
VERSION=1.76.0
CACHE="${FAULTLINE_TEST_CACHE:-$HOME/.cache/faultline}/jaeger-$VERSION"
PROGRAM="$CACHE/jaeger"
if [ ! -x "$PROGRAM" ]; then
  BUILD=$(mktemp -d)
  trap 'rm -rf "$BUILD"' EXIT
  mkdir -p "$CACHE"
  cd "$BUILD"
  # A module of its own: `go install program@version` refuses modules that replace others.
  go mod init faultline.test/jaeger >&2
  go get -tool "github.com/jaegertracing/jaeger/cmd/jaeger@v$VERSION" >&2
  go build -o jaeger github.com/jaegertracing/jaeger/cmd/jaeger >&2
  mv jaeger "$PROGRAM"
fi
echo "$PROGRAM"
