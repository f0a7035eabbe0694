#!/bin/sh
# Fetches Kafka once into the cache of test servers and prints the folder of its jars:
# `java -cp 'FOLDER/*' kafka.Kafka server.properties`. Needs Java 17, Maven and a Maven repository.
set -eu
VERSION=4.1.1
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE="${FAULTLINE_TEST_CACHE:-$HOME/.cache/faultline}/kafka-$VERSION"
if [ ! -f "$CACHE/kafka_2.13-$VERSION.jar" ]; then
  mkdir -p "$CACHE"
  mvn -q -B -f "$HERE/kafka/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    "-DoutputDirectory=$CACHE" >&2
fi
echo "$CACHE"
