#!/usr/bin/env bash
# What a run costs, all told: 2,000 runs of /bin/true, two at a time, through the whole program (search, log, supervisor,
# a folder for each run), beside xargs doing nothing but starting them. Each round has a fresh folder: removing an old
# one keeps the file system busy for seconds.
#
#     cargo build --release -p ravine-cli && bench/exec/whole.sh
set -euo pipefail
ravine=$(realpath "${1:-target/release/ravine}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > true.toml <<'STUDY'
name = "true"
seed = 1
[[objective]]
metric = "loss"
direction = "minimize"
[space]
x = { float = [0.0, 1.0] }
[sampler]
name = "random"
[[stage]]
run = ["/bin/true"]
[stop]
trials = 2000
failures = 2001
[executor]
parallel = 2
STUDY
seconds() { local start=$EPOCHREALTIME; "$@" >/dev/null 2>&1 || [ $? -le 1 ] || { echo "failed: $*" >&2; exit 1; }; echo "$EPOCHREALTIME - $start" | bc -l; }
for round in 1 2 3 4 5; do
  a=$(seconds "$ravine" run true.toml --dir "round$round" --quiet)
  b=$(seconds sh -c 'seq 2000 | xargs -P2 -n1 /bin/true')
  printf 'ravine %.2f s   xargs %.2f s   ratio %.2f\n' "$a" "$b" "$(echo "$a / $b" | bc -l)"
done
