"""The command line: `python -m proof try | run | baseline | pack | table` in `bench/search/`."""

from __future__ import annotations

import argparse
import pathlib
import tempfile

from . import results

CELL = "SUITE/BUDGET or SUITE/BUDGETxSLOTS; suites: bbob-dD, mixint-dD, tables, digits, hypara, trees, or some problems: bbob-d5:f1,f9"
METHOD = "a peer's name, ravine-NAME, or ravine-LABEL={…} with a [sampler] table"


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about)
        if name in ("try", "run", "baseline"):
            made.add_argument("--seeds", default="0:15", help="FROM:TO, TO excluded")
        return made

    one = command("try", "run one method anew and print where it stands; nothing is kept")
    one.add_argument("method", help=METHOD)
    one.add_argument("cells", nargs="+", help=CELL)
    one = command("run", "run what is not there yet")
    one.add_argument("-m", "--method", dest="methods", action="append", required=True, help=METHOD)
    one.add_argument("cells", nargs="+", help=CELL)
    one.add_argument("--out", type=pathlib.Path, help="append here and not to results/")
    one = command("baseline", "note what scores are relative to")
    one.add_argument("cells", nargs="+", help="SUITE/LONGEST-BUDGET")
    command("pack", "move what was appended into the packed files")
    one = command("table", "print tables")
    one.add_argument("cells", nargs="*", help=f"{CELL}; all where none is named")
    one.add_argument("--ours", default="ravine-auto", help="the method that the others are compared with")
    one.add_argument("--with", dest="files", type=pathlib.Path, action="append", default=[], help="more results")
    one.add_argument("--only", default="", help="methods with commas")
    return parser.parse_args()


def main() -> None:
    """Reads the command and does it."""
    given = arguments()
    if given.command == "pack":
        for path in sorted(results.FOLDER.glob("*.jsonl")):
            print(path.stem, results.pack(path.stem))
    elif given.command == "table":
        from . import tables

        tables.show(given.cells, given.ours, given.files, [name for name in given.only.split(",") if name])
    elif given.command == "try":
        attempt(given)
    else:
        from . import run
        from .methods import method

        for cell in given.cells:
            suite, budget, slots = parts(cell)
            if given.command == "baseline":
                run.baselines(problems(suite), seeds(given.seeds), budget)
                continue
            for name in given.methods:
                run.run(method(name), problems(suite), seeds(given.seeds), budget, slots, given.out)


def attempt(given: argparse.Namespace) -> None:
    """Runs a method into a file that is thrown away, and prints the cells."""
    from . import run, tables
    from .methods import method

    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "results.jsonl"
        for cell in given.cells:
            suite, budget, slots = parts(cell)
            run.run(method(given.method), problems(suite), seeds(given.seeds), budget, slots, out)
        cells = [cell.partition(":")[0] + "/" + cell.partition("/")[2] if ":" in cell else cell for cell in given.cells]
        tables.show(cells, given.method.partition("=")[0], [out], [])


def parts(cell: str) -> tuple[str, int, int]:
    """`bbob-d5/160x8`: the suite, the budget, the slots."""
    suite, _, rest = cell.partition("/")
    budget, _, slots = rest.partition("x")
    return suite, int(budget), int(slots or 1)


def problems(text: str) -> list:
    """The problems that a suite and the names after it stand for."""
    from .problems import problems_of

    suite, _, only = text.partition(":")
    found = problems_of(suite)
    names = set(filter(None, only.split(",")))
    return [p for p in found if not names or names & {p.name, *p.name.split("-")}]


def seeds(text: str) -> range:
    """`0:15`."""
    low, _, high = text.partition(":")
    return range(int(low), int(high))


if __name__ == "__main__":
    main()
