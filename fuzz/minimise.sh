#!/usr/bin/env bash
# Shrinks a target's corpus after a run: fuzz/minimise.sh TARGET
#
# Files with a name of their own (seeds, regressions) stay. Of the others, which libFuzzer names
# by their SHA-1, stay those that reach most code, until there are 300 files.
set -euo pipefail
cd "$(dirname "$0")"
target=$1
limit=300

cargo +nightly fuzz build "$target"
binary=target/$(rustc -vV | sed -n 's/^host: //p')/release/$target
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
find "corpus/$target" -type f ! -regex '.*/[0-9a-f]*' -exec cp {} "$kept" \;
named=$(find "$kept" -type f | wc -l)
# A greedy cover, written in its order: the file that adds most comes first.
"$binary" -set_cover_merge=1 -use_counters=0 -max_len=2048 "$kept" "corpus/$target"
find "$kept" -type f -regex '.*/[0-9a-f]*' -printf '%T@ %p\n' | sort -n |
    tail -n "+$((limit - named + 1))" | cut -d' ' -f2 | xargs -r rm
rm -r "corpus/$target"
cp -r "$kept" "corpus/$target"
chmod 755 "corpus/$target"
