"""Configurations drawn from one that varies."""

from __future__ import annotations

import pytest
from ravine import Variation, generate_configs


def test_every_variation_is_replaced_by_one_of_its_values() -> None:
    base = {
        "a": Variation([1, 2]),
        "model": {"depth": Variation([3, 4, 5]), "kind": "tree"},
        "list": [Variation([1])],
    }
    configs = generate_configs(base, 4, seed=0)
    assert len(configs) == 4
    for config in configs:
        assert config["a"] in (1, 2) and config["model"]["depth"] in (3, 4, 5) and config["model"]["kind"] == "tree"
        assert config["list"] is base["list"], "what does not vary is shared"


def test_configurations_are_all_different_and_as_many_as_there_are() -> None:
    configs = generate_configs({"a": Variation([1, 2, 2, 1]), "b": {"c": Variation("xyz")}}, 100, seed=3)
    assert len(configs) == 6
    assert len({(config["a"], config["b"]["c"]) for config in configs}) == 6


def test_values_that_vary_themselves_count_for_each_of_theirs() -> None:
    model = Variation([{"kind": "tree", "depth": Variation([1, 2, 3])}, {"kind": "linear"}])
    configs = generate_configs({"model": model}, 10, seed=0)
    assert sorted(config["model"].get("depth", 0) for config in configs) == [0, 1, 2, 3]


def test_variations_in_lists_and_tuples_are_replaced_too() -> None:
    base = {"a": [Variation([1, 2]), 3, {"b": (Variation([4, [Variation([5, 6])]]), 7)}], "c": [8]}
    configs = generate_configs(base, 100)
    assert len(configs) == 6
    assert {repr(config["a"][2]["b"]) for config in configs} == {"(4, 7)", "([5], 7)", "([6], 7)"}
    assert {config["a"][0] for config in configs} == {1, 2}
    assert all(config["c"] is base["c"] for config in configs)


def test_the_same_seed_gives_the_same_configurations() -> None:
    base = {name: Variation(range(10)) for name in "abcdef"}
    assert generate_configs(base, 20, seed=5) == generate_configs(base, 20, seed=5)
    assert generate_configs(base, 20, seed=5) != generate_configs(base, 20, seed=6)


def test_huge_spaces_are_drawn_from() -> None:
    base = {str(number): Variation(range(100)) for number in range(30)}
    configs = generate_configs(base, 50, seed=1)
    assert len({tuple(config.values()) for config in configs}) == 50


def test_values_are_told_apart_by_type_and_may_be_anything() -> None:
    assert len(generate_configs({"a": Variation([1, 1.0, True, None, len, [1], [1]])}, 10)) == 6
    import numpy

    assert len(generate_configs({"a": Variation([numpy.zeros(2), numpy.ones(2)])}, 10)) == 2


def test_without_variations_there_is_one() -> None:
    assert generate_configs({"a": 1}, 5) == [{"a": 1}]
    assert generate_configs({"a": Variation([1, 2])}, 0) == []


def test_what_cannot_vary_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Variation([])
    with pytest.raises(ValueError, match="n_configs"):
        generate_configs({}, -1)
    with pytest.raises(TypeError, match="a configuration is a dict, not 5"):
        generate_configs(5, 2)  # type: ignore[arg-type]
