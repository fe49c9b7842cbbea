"""Studies built in Python: the tree is the study file's, and the engine takes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import ravine
from engine_support import run_program
from ravine import (
    Bool,
    Choice,
    Expr,
    Float,
    Int,
    Objective,
    Option,
    Permutation,
    Point,
    Repeat,
    Space,
    Stage,
    StudySpec,
)
from ravine.spec import Value

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EVERYTHING = {
    "lr": Float(1e-5, 1e-1, log=True, default=1e-3, prior={"at": 1e-4, "confidence": "low"}),
    "dropout": Float(0.0, 0.5, step=0.1),
    "temperature": Float(0.5, 2.0, points=6),
    "grid": Float(0.25, 2.0, step=0.5, anchor="zero"),
    "layers": Int(1, 4),
    "units": Int(16, 256, log=True, length="layers"),
    "batch": Choice([16, 32, 64, 128], ordered=True),
    "optimizer": Choice(
        [
            Option("sgd", momentum=Float(0.0, 0.99)),
            Option("adam", {"beta1": Float(0.8, 0.999)}, eps=Float(1e-9, 1e-6, log=True)),
            Option("none", value=0),
            "plain",
        ],
        weights=[1, 2, 1, 1],
        default="adam",
    ),
    "augment": Bool(default=True),
    "order": Permutation(["crop", "flip", "noise"]),
    "warmup": Float(0.0, 0.3, when="layers > 2"),
    "width2": Expr("2 * units[0]", int=True),
    "patience": 5,
    "sizes": Value([1, 2], when="layers > 1"),
}


def study(**changes: object) -> StudySpec:
    base: dict = {
        "name": "everything",
        "space": Space(EVERYTHING).constrain("batch * units[0] <= 16384"),
        "objective": [Objective("loss", "minimize", at="best"), Objective("size", "minimize")],
        "stage": [
            Stage(["tune", "--lr={lr}", ["--m", "{optimizer.momentum}"]], name="tune", once=True, timeout=60),
            Stage(
                name="train",
                call="train:fit",
                cpus={"min": 1, "max": 2},
                memory="1GiB",
                env={"A": "{lr}"},
                retries=1,
            ),
        ],
        "constraint": "size <= 3",
        "sampler": "random",
        "stop": {"trials": 5, "time": "1h"},
        "repeat": [Repeat("fold", count=3, statistic="median", keep=0.9), Repeat("data", values=["a", "b"])],
        "point": [Point({"lr": 1e-2}), Point({"lr": 0.02}, result={"loss": 1.0, "size": 2})],
        "executor": {"parallel": 2},
        "limits": {"trial_time": "1h"},
        "seed": 7,
        "reproducible": True,
    }
    return StudySpec(**{**base, **changes})


def test_every_kind_of_parameter_is_written_as_the_study_file_has_it() -> None:
    tree = Space(EVERYTHING).to_dict()
    assert tree["lr"] == {
        "float": [1e-5, 1e-1],
        "log": True,
        "default": 1e-3,
        "prior": {"at": 1e-4, "confidence": "low"},
    }
    assert tree["units"] == {"int": [16, 256], "log": True, "length": "layers"}
    assert tree["optimizer"]["choice"][0] == {"name": "sgd", "momentum": {"float": [0.0, 0.99]}}
    assert tree["optimizer"]["choice"][2:] == [{"name": "none", "value": 0}, "plain"]
    assert tree["augment"] == {"bool": True, "default": True}
    assert tree["width2"] == {"expr": "2 * units[0]", "int": True}
    assert tree["patience"] == 5
    assert tree["sizes"] == {"value": [1, 2], "when": "layers > 1"}


def test_the_engine_takes_all_of_it() -> None:
    found = study().check()
    paths = {parameter["path"] for parameter in found["parameters"]}
    assert {"lr", "units[3]", "optimizer.sgd.momentum", "optimizer.adam.eps", "order"} <= paths
    assert (found["study"], found["seed"], found["repetitions"], found["executor"]["parallel"]) == (
        "everything",
        7,
        6,
        2,
    )
    assert found["stages"][1]["name"] == "train"
    assert "ravine._call train:fit" in found["samples"][0]["commands"]["train"]


def test_files_in_all_formats_are_the_same_study(tmp_path: Path) -> None:
    from ravine._engine import process

    files = [study().write(tmp_path / name) for name in ("everything.toml", "everything.json")]
    first, second = (process.ask("check", str(file)) for file in files)
    assert first == second
    assert tomllib.loads(study().to_toml()) == json.loads(study().to_json()) == study().to_dict()


def test_texts_and_keys_of_any_sort_survive_toml() -> None:
    from ravine._engine import toml

    tree = {
        "a b": {"ü.x": 'say "hi"\n\\ \x7f\t', "": [], "e": {}},
        "n": -1e-300,
        "b": [True, [1, 2.5]],
        "t": [{"x": 1}, {}],
    }
    assert tomllib.loads(toml.dumps(tree)) == tree
    assert tomllib.loads(toml.dumps({"x": [{"long": "y" * 60}, {"z": ["w" * 60]}] * 3}))
    with pytest.raises(ValueError, match="None"):
        toml.dumps({"a": [None]})
    with pytest.raises(TypeError):
        toml.dumps({"a": object()})


def test_numbers_of_numpy_are_numbers() -> None:
    import numpy

    space = Space(a=Choice(numpy.array([1, 2])), b=Float(numpy.float32(0), numpy.float64(1)), c=Int(0, numpy.int64(3)))
    assert json.loads(json.dumps(space.to_dict()))["a"] == {"choice": [1, 2]}


def test_mistakes_are_shown_by_the_engine_with_their_line() -> None:
    with pytest.raises(ravine.StudyFileError, match="layrs"):
        study(space=Space(units=Int(1, 3, length="layrs"))).check()
    with pytest.raises(ravine.StudyFileError, match="sampler"):
        study(sampler={"name": "random", "colour": 3}).check()


def test_mistakes_of_shape_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="one of the two"):
        Stage()
    with pytest.raises(ValueError, match="one of the two"):
        Stage("true", call="a:b")
    with pytest.raises(ValueError, match="not both"):
        Option("a", value=1, x=Float(0, 1))
    with pytest.raises(ValueError, match="None"):
        study(space=Space(a=Choice([None, 1]))).to_toml()
    with pytest.raises(ValueError, match=r"\*.toml or \*.json"):
        study().write("study.ini")
    with pytest.raises(TypeError):
        Float(0.0)  # type: ignore[call-arg]


def test_a_study_that_is_too_deep_is_told_so(tmp_path: Path) -> None:
    inner: dict = {"x": Float(0, 1)}
    for _ in range(400):
        inner = {"c": Choice([Option("a", inner), Option("b")])}
    study = StudySpec("deep", Space(inner), Objective("loss", "minimize"), Stage("true"))
    for make in (study.check, study.to_json, study.to_toml, Space(inner).to_dict):
        with pytest.raises(ravine.StudyFileError, match="too deep"):
            make()


def test_functions_are_named_so_that_they_can_be_imported() -> None:
    assert Stage(call=json.dumps).call == "json:dumps"
    assert Stage(call=json.JSONDecoder.decode).call == "json.decoder:JSONDecoder.decode"
    with pytest.raises(ValueError, match="top of a module"):
        Stage(call=lambda config: 0)
    with pytest.raises(ValueError, match="top of a module"):
        Stage(call=_inner())


def _inner():
    def inside(config: dict) -> float:
        return 0.0

    return inside


def test_a_function_of_the_program_itself_can_be_a_stage(tmp_path: Path) -> None:
    done = run_program(
        tmp_path,
        """
import ravine

def loss(x):
    return (x - 1) ** 2

if __name__ == "__main__":
    spec = ravine.StudySpec("own", ravine.Space(x=ravine.Int(0, 2)), ravine.Objective("loss", "minimize"),
                            ravine.Stage(call=loss), sampler="grid")
    print(ravine.run(spec, quiet=True).best_config)
""",
    )
    assert done.stdout == "{'x': 1}\n", done.stderr


def test_spaces_and_options_compare_and_show_themselves() -> None:
    assert Space(x=Float(0, 1)) == Space({"x": {"float": [0, 1]}})
    assert Space(x=Float(0, 1)) != Space(x=Float(0, 1)).constrain("x > 0")
    assert repr(Space(x=Option("a", y=1)).constrain("z")) == "Space(x=Option('a', y=1)).constrain('z')"
    assert Option("a", y=1) == Option("a", {"y": 1}) != Option("a")
