#!/bin/sh
# Goes on from its checkpoint, a step at a time, until it has come to its level; slowly, so that a rule can stop it.
step=$(cat "$RAVINE_CHECKPOINT_DIR/step" 2>/dev/null || echo 0)
while [ "$step" -lt "${RAVINE_LEVEL:-9}" ]; do
  step=$((step + 1))
  echo "$step" > "$RAVINE_CHECKPOINT_DIR/step"
  sleep 0.05
  echo "{\"step\": $step, \"loss\": $(($1 * 10 - step))}"
done
