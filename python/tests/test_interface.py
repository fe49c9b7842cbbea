"""The interface is the one that programs for Optuna know: names, arguments, defaults; and 3.10 reads it."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import ravine

HERE = Path(__file__).parent
EXPECTED: dict[str, list[str]] = json.loads((HERE / "interface.json").read_text())


def described(function):
    """A function's parameters: their kinds, names and defaults."""
    marks = {0: "/", 1: "", 2: "*args ", 3: "*", 4: "**"}
    return [
        marks[int(p.kind)] + p.name + ("" if p.default is p.empty else f"={p.default!r}")
        for p in inspect.signature(function).parameters.values()
        if p.name != "self"
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_signature_is_the_known_one(name):
    module, *path = name.split(":")
    found = importlib.import_module(f"ravine.{module}" if module else "ravine")
    for part in path[0].split("."):
        found = getattr(found, part)
    expected = EXPECTED[name]
    if expected == ["property"]:
        assert not callable(found)
    else:
        own = described(found.__init__ if inspect.isclass(found) else found)
        # Arguments of our own come last and are optional.
        assert own[: len(expected)] == expected
        assert all("=" in more for more in own[len(expected) :])


def test_all_public_names_are_found():
    for name in ravine.__all__:
        if name not in ("visualization", "importance"):
            assert getattr(ravine, name) is not None


def test_python_3_10_reads_every_file():
    for path in Path(ravine.__file__).parent.rglob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 10))


@pytest.mark.parametrize(
    "module", ["study", "trial", "storages", "storages.journal", "samplers", "pruners", "search_space", "logging"]
)
def test_each_module_can_be_loaded_first(module):
    subprocess.run([sys.executable, "-c", f"import ravine.{module}"], check=True)


@pytest.mark.parametrize("module", ["", "integration"])
def test_type_checkers_find_all_public_names_written_out(module):
    tree = ast.parse((Path(ravine.__file__).parent / module / "__init__.py").read_text())
    listed = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    )
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.asname or alias.name for node in checked.body for alias in node.names}
    assert imported | {"__version__"} == {*listed, "__version__"}
    loaded = importlib.import_module(f"ravine.{module}".rstrip("."))
    places = loaded._MODULES if module else loaded._PLACES
    assert listed == loaded.__all__ and set(listed) - {"__version__"} == places.keys()


def test_a_trial_is_what_type_checkers_take_it_for():
    trial = ravine.create_study().ask()
    assert isinstance(trial, ravine.trial.BaseTrial) and issubclass(ravine.Trial, ravine.trial.BaseTrial)
