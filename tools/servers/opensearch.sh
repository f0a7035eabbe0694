#!/bin/sh
# Fetches OpenSearch once into the cache of test servers and prints the folder of its jars and its main class:
# `java -cp 'FOLDER/*:FOLDER' Server <data folder> <port>`. Needs Java 17, Maven and a Maven repository.
set -eu
VERSION=2.19.6
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE="${FAULTLINE_TEST_CACHE:-$HOME/.cache/faultline}/opensearch-$VERSION"
if [ ! -f "$CACHE/Server.class" ]; then
  mkdir -p "$CACHE"
  mvn -q -B -f "$HERE/opensearch/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    "-DoutputDirectory=$CACHE" >&2
  javac -cp "$CACHE/*" -d "$CACHE" "$HERE/opensearch/Server.java" >&2
fi
echo "$CACHE"
