#!/bin/sh
# Builds VictoriaLogs once into the cache of test servers and prints the path of its program.
# Needs Go 1.26 and a Go module proxy; takes some minutes the first time.
set -eu
VERSION=1.52.1
CACHE="${FAULTLINE_TEST_CACHE:-$HOME/.cache/faultline}/victoria-logs-$VERSION"
PROGRAM="$CACHE/victoria-logs"
if [ ! -x "$PROGRAM" ]; then
  BUILD=$(mktemp -d)
  trap 'rm -rf "$BUILD"' EXIT
  mkdir -p "$CACHE"
  cd "$BUILD"
  # A module of its own: `go install program@version` refuses modules that replace others.
  go mod init faultline.test/victoria-logs >&2
  go get -tool "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs@v$VERSION" >&2
  go build -o victoria-logs github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs >&2
  mv victoria-logs "$PROGRAM"
fi
echo "$PROGRAM"
