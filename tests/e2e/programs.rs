//! Small programs to tune, and the study files that tune them.

/// A parabola in shell and awk: reports one value at once.
pub(crate) const PARABOLA: &str = r#"#!/bin/sh
awk -v x="$1" 'BEGIN { printf "{\"loss\": %.17g}\n", (x - 0.3) * (x - 0.3) }'
"#;

/// A study of [`PARABOLA`], saved as `parabola.sh`.
pub(crate) fn parabola(name: &str, trials: u32, parallel: u32) -> String {
    format!(
        r#"name = "{name}"
seed = 7

[[objective]]
metric = "loss"
direction = "minimize"

[space]
x = {{ float = [-1.0, 1.0] }}

[[stage]]
name = "eval"
run = ["./parabola.sh", "{{x}}"]

[stop]
trials = {trials}

[executor]
parallel = {parallel}
"#
    )
}

/// Reports a value a step, slowly; never ends by itself within a test's patience.
pub(crate) const SLOW: &str = r#"#!/bin/sh
step=0
while [ $step -lt 600 ]; do
  echo "{\"step\": $step, \"loss\": $step}"
  step=$((step + 1))
  sleep 0.1
done
"#;

/// A study of [`SLOW`], saved as `slow.sh`.
pub(crate) fn slow(name: &str, parallel: u32) -> String {
    parabola(name, 50, parallel).replace("./parabola.sh", "./slow.sh")
}
