#!/usr/bin/env bash
# Makes this folder's *.ndjson.zst again from the full files: demo/make-sample.sh FOLDER
# FOLDER holds bestbuy-stores, nsi-brands and toreta-jp as *.ndjson.zst (README.md says what they are).
# Lines are picked by their number, so the same input gives the same sample. Needs bash, awk, sed and zstd.
set -euo pipefail

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
from=$1
to=$(cd "$(dirname "$0")" && pwd)

# sample NAME CONDITION: the lines of NAME whose number meets an awk condition, without their tenant.
sample() {
    zstd -dc "$from/$1.ndjson.zst" |
        awk "$2" |
        sed -E 's/,"tntInstId":"[A-Z_]*"\}$/}/' |
        zstd -q -19 -f -o "$to/$1.ndjson.zst"
    echo "$1: $(zstd -dc "$to/$1.ndjson.zst" | wc -l) lines"
}

sample bestbuy-stores '1'
sample nsi-brands 'NR % 5 < 2'
sample toreta-jp 'NR % 3 != 0'
