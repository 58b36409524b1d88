#!/usr/bin/env bash
# A sweep with GNU parallel: one job a shard, here or with --sshlogin on machines that share this folder.
# Usage: gnu-parallel.sh STUDY SHARDS [option of parallel]...
set -euo pipefail
study=$1 shards=$2
shift 2
folder=$(basename "$study" .yaml).parts
mkdir -p "$folder"
seq 0 $((shards - 1)) | parallel "$@" \
  "${CLEAVE:-cleave}" sweep "$study" --quiet --workers 1 --shard "{}/$shards" --out "$folder/{}.db" >&2
"${CLEAVE:-cleave}" merge --out "$folder/all.db" "$folder"/[0-9]*.db >&2
"${CLEAVE:-cleave}" sweep export "$folder/all.db"
