"""ravine's samplers, through `ravine-bench-search serve`."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess

from ..space import Config, Space, declarations

ROOT = pathlib.Path(__file__).parents[4]


@functools.cache
def server() -> subprocess.Popen:
    """The process that all searches of this run use, one after the other."""
    program = os.environ.get("RAVINE_BENCH", ROOT / "target/release/ravine-bench-search")
    return subprocess.Popen([program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def call(request: dict) -> dict:
    """One request and its answer."""
    process = server()
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer


class Search:
    """One study; `cpu` is the sampler's own time so far, in seconds, from its thread's clock."""

    def __init__(self, space: Space, seed: int, budget: int, sampler: dict):
        call({"op": "open", "space": declarations(space), "sampler": sampler, "seed": seed, "budget": budget})
        self.cpu = 0.0

    def ask(self) -> tuple[int, Config] | None:
        """What the sampler proposes."""
        answer = call({"op": "ask"})
        self.cpu += (answer["ns"] + answer.get("told", 0)) * 1e-9
        if answer.get("exhausted"):
            return None
        return answer["trial"], answer["point"]

    def tell(self, handle: int, value: float) -> None:
        """The trial's end."""
        self.cpu += call({"op": "tell", "trial": handle, "values": [value]})["ns"] * 1e-9

    def give(self, config: Config, value: float) -> None:
        """A trial from outside."""
        self.tell(call({"op": "give", "point": config})["trial"], value)
