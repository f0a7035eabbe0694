#!/bin/sh
# Builds kube-apiserver and etcd with Go, once, into the cache of the tests: what `npm run test:live` needs for Kubernetes.
# About half an hour on two cores; with both programs there it does nothing.
set -eu

KUBERNETES=1.36.3
ETCD=3.6.16
cache="${FAULTLINE_TEST_CACHE:-$HOME/.cache/faultline}"
mkdir -p "$cache"

# build PROGRAM PACKAGE MODULE VERSION: in a module of its own, since `go install PACKAGE@VERSION` refuses replace lines.
build() {
  [ -x "$cache/$1" ] && return
  folder="$(mktemp -d "$cache/build-XXXXXX")"
  trap 'rm -rf "$folder"' EXIT
  cd "$folder"
  go mod init server
  if [ "$3" = k8s.io/kubernetes ]; then
    go mod edit -require "$3@v$4"
    # Kubernetes names the libraries that it is published with v0.0.0, and replaces them by folders of its own.
    file="$(go mod download -json "$3@v$4" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')"
    for library in $(sed -n 's/^[[:space:]]*\(k8s\.io\/[^ ]*\) v0\.0\.0\( .*\)\{0,1\}$/\1/p' "$file" | sort -u); do
      go mod edit -replace "$library=$library@v0.${4#1.}"
    done
  fi
  go get -tool "$2@v$4"
  go build -trimpath -ldflags '-s -w' -o program "$2"
  mv program "$cache/$1"
  cd "$cache"
  rm -rf "$folder"
}

build "etcd-$ETCD" go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 "$ETCD"
build "kube-apiserver-$KUBERNETES" k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes "$KUBERNETES"
