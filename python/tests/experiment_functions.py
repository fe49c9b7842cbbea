"""Functions of experiments, in a module of their own: other processes import them."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path


def double(config: dict) -> int:
    return config["x"] * 2


def fit(config: dict, prepared: int) -> int:
    if config.get("fails"):
        raise RuntimeError(f"no result for {config['x']}")
    if pid_file := config.get("starts"):
        child = subprocess.Popen(["sleep", "300"])
        Path(pid_file).write_text(str(child.pid))
    if config.get("escapes"):
        child = subprocess.Popen(["sleep", "300"], start_new_session=True)
        Path(config["escapes"]).write_text(str(child.pid))
    time.sleep(config.get("seconds", 0))
    if config.get("dies"):
        os._exit(9)
    return prepared + config["run_id"]


def score(config: dict, fitted: int) -> dict:
    return {"accuracy": fitted, "seed": config.get("seed", 0)}
