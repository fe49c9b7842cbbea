#!/bin/sh
# A program in plain shell. Its output is for people; what the search needs, it appends to the file that
# $RAVINE_REPORT names. Its parameters come by the environment: RAVINE_PARAM_ and the name in capitals.
set -eu

minutes=$RAVINE_PARAM_MINUTES
degrees=$RAVINE_PARAM_DEGREES
echo "baking for $minutes minutes at $degrees degrees"

# Best after 42 minutes at 190 degrees; every way off costs.
late=$((minutes - 42))
hot=$((degrees - 190))
loss=$((late * late + hot * hot / 4))

printf '{"loss": %d}\n' "$loss" >>"$RAVINE_REPORT"
