#!/usr/bin/env bash
# Checks that the pure crates build for Windows and macOS, where this toolchain has their targets; says where it has not.
set -euo pipefail
installed=$(rustup target list --installed 2>/dev/null || true)
for target in x86_64-pc-windows-gnu aarch64-apple-darwin; do
  if grep -qx "$target" <<<"$installed"; then
    "${CARGO:-cargo}" check --quiet --locked --target "$target" -p ravine-space -p ravine-search -p ravine-study
    echo "checked for $target: space, search, study"
  else
    echo "NOT CHECKED for $target: this toolchain lacks it (rustup target add $target)"
  fi
done
