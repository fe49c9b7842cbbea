"""Spaces of hyperopt's interface: what they draw, and how they are evaluated."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter

import pytest

from ravine.hyperopt import Domain, fmin, hp, rand, space_eval, tpe
from ravine.hyperopt.exceptions import BadSearchSpace, DuplicateLabel
from ravine.hyperopt.kinds import KINDS, Option, QUniform
from ravine.hyperopt.pyll import Literal, as_apply, rec_eval, scope
from ravine.hyperopt.pyll.base import Lambda, apply, p0
from ravine.hyperopt.pyll.stochastic import recursive_set_rng_kwarg, sample


def draws(space: object, count: int = 400) -> list:
    rng = random.Random(1)
    return [sample(space, rng) for _ in range(count)]


def test_uniform_stays_within_its_ends() -> None:
    values = draws(hp.uniform("x", -2, 3))
    assert all(-2 <= value <= 3 for value in values)
    assert statistics.fmean(values) == pytest.approx(0.5, abs=0.25)


def test_quniform_gives_multiples_of_q_not_steps_from_low() -> None:
    values = set(draws(hp.quniform("x", 1, 10, 4)))
    assert values == {0.0, 4.0, 8.0} and all(isinstance(value, float) for value in values)


@pytest.mark.parametrize(
    ("low", "high", "q", "multiples"),
    [
        (50, 500, 100, [100.0, 200.0, 300.0, 400.0, 500.0]),
        (8, 128, 16, [16.0, 32.0, 48.0, 64.0, 80.0, 96.0, 112.0, 128.0]),
        (2.5, 5.5, 1, [3.0, 4.0, 5.0]),
        (0.25, 0.45, 0.1, [0.3, 0.4]),
        (2, 3, 10, [0.0]),
        (-1.5, 1.5, 1, [-1.0, 0.0, 1.0]),
    ],
)
def test_quniform_gives_nothing_that_only_an_end_is_rounded_to(
    low: float, high: float, q: float, multiples: list[float]
) -> None:
    space = hp.quniform("x", low, high, q)
    assert sorted(set(draws(space))) == pytest.approx(multiples)
    seen: set[float] = set()
    fmin(lambda x: seen.add(x) or 0.0, space, rand.suggest, 40, rstate=1, show_progressbar=False)
    fmin(lambda x: seen.add(x) or 0.0, space, tpe.suggest, 60, rstate=1, show_progressbar=False)
    assert sorted(seen) == pytest.approx(multiples)


def test_quniforms_ends_are_as_likely_as_what_is_rounded_to_them() -> None:
    counts = Counter(draws(hp.quniform("x", 0, 4, 1), 4000))
    assert [round(counts[value] / 1000, 1) for value in (0.0, 1.0, 2.0, 3.0, 4.0)] == pytest.approx(
        [0.5, 1.0, 1.0, 1.0, 0.5], abs=0.11
    )
    assert [round(QUniform(0, 4, 1).position(latent) * 4, 3) for latent in range(5)] == [0.25, 1.0, 2.0, 3.0, 3.75]


def test_uniformint_gives_integers_with_both_ends() -> None:
    values = draws(hp.uniformint("n", 1, 4))
    assert set(values) == {1, 2, 3, 4} and all(isinstance(value, int) for value in values)


def test_uniformint_takes_no_other_step() -> None:
    with pytest.raises(ValueError, match="steps by 1"):
        hp.uniformint("n", 1, 4, q=2)


def test_randint_leaves_its_upper_end_out() -> None:
    assert set(draws(hp.randint("n", 3))) == {0, 1, 2}
    assert set(draws(hp.randint("n", 5, 8))) == {5, 6, 7}


def test_loguniform_takes_exponents() -> None:
    values = draws(hp.loguniform("lr", math.log(1e-4), math.log(1e-1)))
    assert all(1e-4 * 0.999 <= value <= 1e-1 * 1.001 for value in values)
    assert statistics.median(values) == pytest.approx(10**-2.5, rel=0.5)


def test_qloguniform_rounds() -> None:
    assert set(draws(hp.qloguniform("n", 0, math.log(8), 2))) <= {0.0, 2.0, 4.0, 6.0, 8.0}


def test_normal_has_its_mean_and_deviation() -> None:
    values = draws(hp.normal("x", 10, 2), 2000)
    assert statistics.fmean(values) == pytest.approx(10, abs=0.2)
    assert statistics.pstdev(values) == pytest.approx(2, abs=0.15)


def test_lognormal_is_the_exponential_of_a_normal_number() -> None:
    logs = [math.log(value) for value in draws(hp.lognormal("x", 1, 0.5), 2000)]
    assert statistics.fmean(logs) == pytest.approx(1, abs=0.05)


def test_quantised_normals_give_multiples() -> None:
    assert all(value % 5 == 0 for value in draws(hp.qnormal("x", 0, 10, 5)))
    assert all(value % 5 == 0 and value >= 0 for value in draws(hp.qlognormal("x", 2, 1, 5)))


def test_pchoice_follows_its_probabilities() -> None:
    values = draws(hp.pchoice("p", [(0.1, "rare"), (0.9, "common")]), 2000)
    assert values.count("rare") / len(values) == pytest.approx(0.1, abs=0.03)


def test_probabilities_must_sum_to_one() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        sample(hp.pchoice("p", [(0.5, "a"), (0.2, "b")]))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_kind_finds_the_latent_of_its_values(name: str) -> None:
    arguments = {
        "categorical": ([0.2, 0.3, 0.5],), "lognormal": (0, 1), "loguniform": (-3, 2), "normal": (1, 2),
        "qlognormal": (1, 1, 2), "qloguniform": (0, 4, 3), "qnormal": (0, 5, 2), "quniform": (1, 9, 2),
        "randint": (2, 9), "uniform": (-1, 1),
    }[name]  # fmt: skip
    kind = KINDS[name](*arguments)
    for place in [0.0, 0.01, 0.3, 0.5, 0.77, 0.999]:
        value = kind.draw(place)
        assert kind.value(kind.latent(value)) == pytest.approx(value)
        assert kind.distribution._contains(kind.distribution.to_internal_repr(kind.latent(value)))


def test_a_choice_draws_options_without_an_order() -> None:
    kinds = {}
    Domain(None, hp.choice("c", ["a", "b"])).walk(lambda label, kind: kinds.setdefault(label, kind) and 0)
    assert isinstance(kinds["c"], Option)


def test_ends_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="low must be less than high"):
        hp.uniform("x", 2, 1)


def test_a_label_must_be_a_text() -> None:
    with pytest.raises(TypeError, match="label"):
        hp.uniform(0, 1, 2)  # type: ignore[arg-type]


def test_two_parameters_of_one_label_are_refused() -> None:
    with pytest.raises(DuplicateLabel) as caught:
        Domain(None, {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 1)})
    assert isinstance(caught.value, BadSearchSpace)


def test_one_node_may_stand_in_two_places() -> None:
    x = hp.uniform("x", 0, 1)
    assert space_eval({"a": x, "b": [x]}, {"x": 0.25}) == {"a": 0.25, "b": (0.25,)}
    drawn = sample({"a": x, "b": [x]})
    assert drawn["b"] == (drawn["a"],)


def test_containers_nest_and_lists_become_tuples() -> None:
    space = {"a": [1, {"b": hp.uniform("x", 0, 1)}], 3: "three"}
    assert space_eval(space, {"x": 0.5}) == {"a": (1, {"b": 0.5}), 3: "three"}


def test_only_the_chosen_option_is_active() -> None:
    space = hp.choice("optimizer", [{"lr": hp.uniform("sgd_lr", 0, 1)}, {"lr": hp.uniform("adam_lr", 0, 1)}])
    values = Domain(None, space).walk(lambda label, kind: 1 if label == "optimizer" else kind.draw(0.5))
    assert values == {"optimizer": 1, "adam_lr": 0.5}


def test_space_eval_takes_option_numbers() -> None:
    space = hp.choice("layers", [[hp.quniform("u0", 8, 64, 8)], ["none"]])
    assert space_eval(space, {"layers": 1}) == ("none",)
    assert space_eval(space, {"layers": 0, "u0": 16.0}) == (16.0,)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="'x'"):
        space_eval({"x": hp.uniform("x", 0, 1)}, {})


def test_expressions_compute() -> None:
    x = hp.uniform("x", 0, 1)
    space = {
        "int": scope.int(x * 10),
        "pow": x**2,
        "sum": 1 + x - 0.5,
        "exp": scope.exp(x),
        "max": scope.maximum(x, 0.7),
    }
    value = space_eval(space, {"x": 0.5})
    assert value == {"int": 5, "pow": 0.25, "sum": 1.0, "exp": math.exp(0.5), "max": 0.7}


def test_own_functions_join_the_scope() -> None:
    @scope.define
    def thrice(x: float) -> float:
        return 3 * x

    try:
        assert rec_eval(scope.thrice(as_apply(2))) == 6
        with pytest.raises(ValueError, match="thrice"):
            scope.define(type("thrice", (), {"__name__": "thrice"}))
    finally:
        scope.undefine("thrice")
    with pytest.raises(AttributeError, match="define"):
        scope.thrice(2)


def test_the_range_of_one_parameter_may_hang_on_another() -> None:
    space = {"high": hp.uniform("high", 1, 2)}
    space["x"] = hp.uniform("x", 0, space["high"])
    values = Domain(None, space).walk(lambda label, kind: kind.draw(0.999))
    assert values["x"] == pytest.approx(0.999 * values["high"])


def test_a_space_prints_as_a_tree_of_numbered_lines() -> None:
    assert str(Literal(5)) == "0 Literal{5}"
    one = as_apply(1)
    lines = str(as_apply({"x": [one, one + 2]})).splitlines()
    assert lines == [
        "0 dict", "1  x =", "2   pos_args", "3     Literal{1}", "4     add", "5       Literal{1}  [line:3]",
        "6       Literal{2}",
    ]  # fmt: skip


def test_a_functions_results_can_be_unpacked_where_their_number_is_known() -> None:
    @scope.define_info(o_len=2)
    def halves(x: float) -> tuple[float, float]:
        return x / 2, x - x / 2

    try:
        low, high = scope.halves(as_apply(8))
        assert rec_eval(low + high) == 8 and len(scope.halves(1)) == 2
    finally:
        scope.undefine(halves)
    with pytest.raises(TypeError):
        len(scope.uniform(0, 1))


def test_functions_of_the_scope_may_be_partial_and_piped() -> None:
    add_two = scope.partial("add", 2)
    assert rec_eval(add_two(3)) == 5
    with pytest.raises(NotImplementedError):
        rec_eval(add_two())
    pipe = scope.callpipe1([add_two, scope.partial(scope.mul, 3), lambda x: x - 1], 5)
    assert rec_eval(pipe) == 20


def test_an_expression_may_be_a_function_that_calls_itself() -> None:
    scope.define(Lambda("triangle", [("n", p0)], scope.switch(p0 > 0, 0, p0 + apply("triangle", p0 - 1))))
    try:
        assert rec_eval(scope.triangle(4)) == 10
    finally:
        scope.undefine("triangle")


def test_options_may_be_chosen_by_name_and_may_be_errors() -> None:
    name = Literal()
    option = scope.kwswitch(name, low=1, high=2, other=scope.Raise(KeyError, "no such option"))
    assert [rec_eval(option, memo={name: chosen}) for chosen in ("low", "high")] == [1, 2]
    with pytest.raises(KeyError, match="no such option"):
        rec_eval(option, memo={name: "other"})


def test_functions_of_the_scope_can_be_imported() -> None:
    names: dict = {}
    scope.import_(names, "maximum", least="minimum")
    assert rec_eval(names["maximum"](1, 2)) == 2 and rec_eval(names["least"](1, 2)) == 1
    with pytest.raises(ImportError, match="nothing"):
        scope.inject("nothing")


def test_random_nodes_may_be_given_their_source() -> None:
    expr = as_apply([scope.uniform(0, 1), scope.uniform(2, 3)])
    low, high = rec_eval(recursive_set_rng_kwarg(expr, random.Random(1)))
    assert 0 <= low <= 1 and 2 <= high <= 3
