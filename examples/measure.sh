#!/bin/sh
# Makes a network whose members have 10 Mbit/s each way, measures it with iperf3, and removes all of it again.
#
# The receiver's line shows 9.6 Mbits/sec: docs/shaping.md says why, and what else there is.
#
# usage: examples/measure.sh IMAGE      an image that has iperf3
set -eu

image=$1
network=sluice-example

clean_up() {
  docker rm -f sluice-example-server >/dev/null 2>&1 || true
  docker network rm "$network" >/dev/null 2>&1 || true
}
trap clean_up EXIT

docker network create -d sluice:latest --ipam-driver sluice:latest -o rate=10mbit "$network"
docker run -d --name sluice-example-server --network "$network" --entrypoint iperf3 "$image" -s
sleep 1
echo 'what the client sends:'
docker run --rm --network "$network" --entrypoint iperf3 "$image" -c sluice-example-server -t 2
echo 'what the client receives:'
docker run --rm --network "$network" --entrypoint iperf3 "$image" -c sluice-example-server -t 2 -R
