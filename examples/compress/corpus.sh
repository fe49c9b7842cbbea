#!/usr/bin/env bash
# Makes corpus.txt, the file that the study compresses: two MiB of real text that every checkout can make, byte for
# byte the same. It is the source of two crates that ravine is built from, in the versions that Cargo.lock pins.
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C

crates=(clap_builder regex-automata)
bytes=$((2 * 1024 * 1024))

host=$(rustc -vV | sed -n 's/^host: //p')
manifests=$(cargo metadata --format-version 1 --locked --filter-platform "$host" | grep -o '"manifest_path":"[^"]*"')
folders=()
for crate in "${crates[@]}"; do
  folder=$(sed -n "s|.*\"\(.*/$crate-[0-9][^/]*\)/Cargo.toml\"|\1|p" <<<"$manifests" | head -n 1)
  [ -d "$folder" ] || { echo "corpus.sh: the sources of $crate are not on this machine; run cargo fetch" >&2; exit 1; }
  folders+=("$folder")
done

# Into a file first: a pipe that `head` closes early would fail the `find` before it.
all=$(mktemp)
trap 'rm -f "$all"' EXIT
for folder in "${folders[@]}"; do
  (cd "$folder" && find . -name '*.rs' -print0 | sort -z | xargs -0 cat) >>"$all"
done
[ "$(wc -c <"$all")" -ge "$bytes" ] || { echo "corpus.sh: fewer than $bytes bytes of text" >&2; exit 1; }
head -c "$bytes" "$all" >corpus.txt
