"""Raw results: one JSON line for a problem, method, seed and budget, appended as it comes, never rewritten.

`FOLDER/FAMILY.jsonl` is being written and is not committed; `pack` moves its rows into `FAMILY.jsonl.xz`, which is.
"""

from __future__ import annotations

import json
import lzma
import pathlib
from collections.abc import Iterable

FOLDER = pathlib.Path(__file__).parents[1] / "results"
# Files that do not hold runs.
NOT_RUNS = {"baselines", "epochs", "speed", "stopping"}
Key = tuple[str, str, int, int, int]


def key(row: dict) -> Key:
    """What makes a row the same as another."""
    name = row.get("problem") or str(row.get("grid") or row.get("trials"))
    return name, row.get("method", ""), row.get("seed", 0), row.get("budget", 0), row.get("slots", 1)


def read(path: pathlib.Path) -> list[dict]:
    """The rows of a file, packed or not; none where there is no file."""
    if not path.exists():
        return []
    opened = lzma.open(path, "rt") if path.suffix == ".xz" else path.open()
    with opened as file:
        # A run that was killed may have left half a line at the end.
        return [json.loads(line) for line in file if line.endswith("\n")]


def of(family: str, folder: pathlib.Path = FOLDER) -> list[dict]:
    """All rows of a family, packed and not."""
    return read(folder / f"{family}.jsonl.xz") + read(folder / f"{family}.jsonl")


def everything(paths: Iterable[pathlib.Path] = ()) -> list[dict]:
    """The rows of all families, and of other files; of rows with the same key the last one counts."""
    families = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.jsonl*")} - NOT_RUNS)
    rows = [row for family in families for row in of(family)]
    rows += [row for path in paths for row in read(path)]
    return list({key(row): row for row in rows if "curve" in row}.values())


def append(row: dict, path: pathlib.Path) -> None:
    """One more line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(row, separators=(",", ":")) + "\n")


def pack(family: str) -> int:
    """Moves what was appended into the packed file; how many rows it has then. Others may append meanwhile."""
    fresh, moved = FOLDER / f"{family}.jsonl", FOLDER / f"{family}.packing"
    if fresh.exists():
        fresh.rename(moved)
    rows = list({key(row): row for row in read(FOLDER / f"{family}.jsonl.xz") + read(moved)}.values())
    part = FOLDER / f"{family}.xz.part"
    with lzma.open(part, "wt", preset=9) as file:
        file.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    part.rename(FOLDER / f"{family}.jsonl.xz")
    moved.unlink(missing_ok=True)
    return len(rows)
