#!/bin/sh
# sort.sh BUFFER THREADS SPILL CODEC: pretends to sort, and says what it took. The level of the codec comes by the
# environment, where there is one.
set -eu
awk -v buffer="$1" -v threads="$2" -v spill="$3" -v codec="$4" -v level="${RAVINE_PARAM_CODEC_LEVEL:-0}" 'BEGIN {
  packed = codec == "none" ? 1 : 0.7 - 0.03 * level
  seconds = 20 / threads + 60 * packed / (1 + buffer * (1 - spill)) + 0.5 * threads + (codec == "none" ? 0 : 0.4 * level)
  megabytes = buffer * threads * (1 - 0.6 * spill) * (0.4 + 0.6 * packed) + 12 * threads
  lost = threads > 6 && spill > 0.8 ? 5 : 0
  printf "{\"seconds\": %.4f, \"megabytes\": %.2f, \"lost\": %d}\n", seconds, megabytes, lost
}'
