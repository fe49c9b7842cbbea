"""Shows what the search is worth: test errors of the trainer's defaults, of random search and of tpe.

    cargo build --release -p digits-trainer -p ravine-cli
    python3 examples/digits/compare.py [SEEDS]

Each search has the budget of study.toml and a seed of its own; its test error is that of the trial with the lowest
validation loss, which is all that the search saw.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = HERE.parent.parent / "target" / "release"


def defaults(seed):
    command = [BIN / "digits-trainer", f"--seed={seed}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[-1])["test_error"]


def search(sampler, seed, folder):
    """The test error of the best trial of a study like study.toml, with another sampler and seed."""
    study = (HERE / "study.toml").read_text()
    study = replaced(r'(?m)^name = "tpe"$', f'name = "{sampler}"', study)
    study = replaced(r"(?m)^seed = \d+$", f"seed = {seed}", study)
    study = replaced(r"\.\./\.\./target/release", str(BIN), study)
    file = folder / "study.toml"
    file.write_text(study)
    subprocess.run([BIN / "ravine", "run", file, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    trials = [json.loads(line) for line in (folder / "runs" / "digits" / "results.jsonl").open()]
    best = min((trial for trial in trials if trial["state"] == "complete"), key=lambda trial: trial["values"]["val_loss"])
    return best["metrics"]["test_error"]


def replaced(pattern, by, text):
    text, count = re.subn(pattern, lambda _: by, text)
    if count != 1:
        sys.exit(f"study.toml is not as this script expects: {pattern} is there {count} times")
    return text


def searches(sampler):
    def one(seed):
        with tempfile.TemporaryDirectory() as folder:
            return search(sampler, seed, Path(folder))

    return one


def main():
    seeds = range(1, 1 + int(sys.argv[1] if len(sys.argv) > 1 else 5))
    for name, test_error in [("defaults", defaults), ("random", searches("random")), ("tpe", searches("tpe"))]:
        errors = [test_error(seed) for seed in seeds]
        each = " ".join(f"{error:.2%}" for error in errors)
        print(f"{name:8}  median {statistics.median(errors):.2%}  of {each}", flush=True)


if __name__ == "__main__":
    main()
