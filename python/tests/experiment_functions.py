"""Functions of experiments, in a module of their own: other processes import them."""

from __future__ import annotations

import os
import subprocess
import sys
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
    if config.get("daemonises"):
        _daemonise(Path(config["daemonises"]))
    time.sleep(config.get("seconds", 0))
    if config.get("dies"):
        os._exit(9)
    return prepared + config["run_id"]


def _daemonise(pid_file: Path) -> None:
    """Leaves a process without a parent, in a session and with an environment of its own."""
    code = "import subprocess; print(subprocess.Popen(['sleep', '300'], env={}, start_new_session=True, stdout=-3).pid)"
    started = subprocess.run([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE, check=True)
    pid_file.write_bytes(started.stdout)


def score(config: dict, fitted: int) -> dict:
    return {"accuracy": fitted, "seed": config.get("seed", 0)}
