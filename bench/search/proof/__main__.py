"""The command line: `python -m proof run | baseline | pack | table` in `bench/search/`."""

from __future__ import annotations

import argparse
import pathlib

from . import results


def main() -> None:
    """Reads the command and does it."""
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("run", "baseline"):
        command = commands.add_parser(name)
        command.add_argument("suite", help="bbob-dD, mixint-dD, tables, hypara; or problem names with commas after it: bbob-d5:f1,f9")
        command.add_argument("--seeds", default="0:15", help="FROM:TO, TO excluded")
        command.add_argument("--budget", type=int, default=100)
    command = commands.choices["run"]
    command.add_argument("method", help="a peer's name, ravine-NAME, or ravine-LABEL={…} with a [sampler] table")
    command.add_argument("--slots", type=int, default=1)
    command.add_argument("--out", type=pathlib.Path, help="append here and not to results/")
    command = commands.add_parser("pack", help="move what was appended into the packed files")
    command = commands.add_parser("table", help="print tables")
    command.add_argument("cells", nargs="*", help="SUITE/BUDGET, as bbob-d5/100; all where none is named")
    command.add_argument("--ours", default="ravine-auto", help="the method that the others are compared with")
    command.add_argument("--with", dest="files", type=pathlib.Path, action="append", default=[], help="more results")
    command.add_argument("--only", default="", help="methods with commas")
    given = parser.parse_args()
    if given.command == "pack":
        for path in sorted(results.FOLDER.glob("*.jsonl")):
            print(path.stem, results.pack(path.stem))
    elif given.command == "table":
        from . import tables

        tables.show(given.cells, given.ours, given.files, [name for name in given.only.split(",") if name])
    else:
        start(given)


def start(given: argparse.Namespace) -> None:
    """`run` and `baseline`."""
    from . import run
    from .methods import method
    from .problems import problems_of

    suite, _, only = given.suite.partition(":")
    problems = problems_of(suite)
    if only:
        names = only.split(",")
        problems = [p for p in problems if any(name in p.name.split("-") or name == p.name for name in names)]
    low, _, high = given.seeds.partition(":")
    seeds = range(int(low), int(high))
    if given.command == "baseline":
        run.baselines(problems, seeds, given.budget)
    else:
        run.run(method(given.method), problems, seeds, given.budget, given.slots, given.out)


if __name__ == "__main__":
    main()
