"""Shows what the search is worth: test errors of the trainer's defaults, of random search, of tpe and of auto.

    cargo build --release -p digits-trainer -p ravine-cli
    python3 examples/digits/compare.py [--seeds 1-5] [--dir runs/compare]

Each search is study.toml with another sampler and seed, and has its budget. Its test error is that of the trial with
the lowest validation loss, which is all that the search saw. All searches evaluate the defaults first. The studies
stay in the folder: a second start goes on where the first one ended.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = HERE.parent.parent / "target" / "release"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1-5", help="first and last, such as 1-5")
    parser.add_argument("--dir", type=Path, default=Path("runs/compare"), help="where the studies go")
    options = parser.parse_args()
    first, last = (int(seed) for seed in options.seeds.split("-"))
    rows = {"defaults": [], "random": [], "tpe": [], "auto": []}
    print("seed  " + "  ".join(f"{name:>8}" for name in rows))
    for seed in range(first, last + 1):
        rows["defaults"].append(defaults(seed))
        for sampler in ["random", "tpe", "auto"]:
            rows[sampler].append(search(sampler, seed, options.dir / f"{sampler}-{seed}"))
        show(seed, [errors[-1] for errors in rows.values()])
    show("median", [statistics.median(errors) for errors in rows.values()])


def show(name, errors):
    print(f"{name:<6}" + "  ".join(f"{error:8.2%}" for error in errors), flush=True)


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
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.toml"
    file.write_text(study)
    subprocess.run([BIN / "ravine", "run", file, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    trials = [json.loads(line) for line in (folder / "runs" / "digits" / "results.jsonl").open()]
    complete = [trial for trial in trials if trial["state"] == "complete"]
    return min(complete, key=lambda trial: trial["values"]["val_loss"])["metrics"]["test_error"]


def replaced(pattern, by, text):
    text, count = re.subn(pattern, lambda _: by, text)
    if count != 1:
        sys.exit(f"study.toml is not as this script expects: {pattern} is there {count} times")
    return text


if __name__ == "__main__":
    main()
