"""What a trial does that is not done in the extension: new ranges, fixed values, samplers in Python, reports, notes."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine import distributions
from ravine._notice import deprecated, warn
from ravine.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    check_distribution_compatibility,
)
from ravine.trial import _constraints
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial, Trial


def attach(study: Study, trial_id: int) -> tuple[Any, int, Any]:
    """What a trial of this id stands on: the study's ledger, its number, the plan of the study's sampler."""
    number = study._storage.get_trial_number_from_id(trial_id)
    if study._ledger.state(number) != TrialState.RUNNING:
        warn(f"trial {number} is not running")
    plan = study.sampler._plan_for(study)
    sampler: Any = study.sampler
    if plan is None or sampler._independent_sampler is not None:
        sampler.before_trial(_study_of(study, study._ledger.shared(number)), study._ledger.shared(number))
    return study._ledger, number, plan


def reduced(trial: Trial) -> tuple[Any, ...]:
    """How pickle takes a trial: what it has so far is in the storage, for whoever opens it again."""
    trial.study._storage._flush(trial._trial_id)
    return reopened, (trial.study, trial.number)


def reopened(study: Study, number: int) -> Trial:
    """A trial that was begun elsewhere."""
    runs = study._ledger.state(number) == TrialState.RUNNING
    trial = study._ledger.resume(study, study.sampler._plan_for(study) if runs else None, number)
    trial._eager = True
    return trial


def suggest_float(trial: Trial, name: str, low: float, high: float, step: float | None, log: bool) -> float:
    return _checked(trial, name, FloatDistribution(low, high, log=log, step=step))


def suggest_int(trial: Trial, name: str, low: int, high: int, step: int | None, log: bool) -> int:
    return int(_checked(trial, name, IntDistribution(low, high, log=log, step=1 if step is None else step)))


def suggest_categorical(trial: Trial, name: str, choices: Sequence[Any]) -> Any:
    return suggest(trial, name, CategoricalDistribution(choices))


@deprecated("3.0.0", "6.0.0", "Use suggest_float instead.")
def suggest_uniform(trial: Trial, name: str, low: float, high: float) -> float:
    return trial.suggest_float(name, low, high)


@deprecated("3.0.0", "6.0.0", "Use suggest_float(..., log=True) instead.")
def suggest_loguniform(trial: Trial, name: str, low: float, high: float) -> float:
    return trial.suggest_float(name, low, high, log=True)


@deprecated("3.0.0", "6.0.0", "Use suggest_float(..., step=...) instead.")
def suggest_discrete_uniform(trial: Trial, name: str, low: float, high: float, q: float) -> float:
    return trial.suggest_float(name, low, high, step=q)


def _checked(trial: Trial, name: str, distribution: BaseDistribution) -> Any:
    """The suggested value, with a warning where the trial had the parameter with another range before."""
    known = trial._ledger.param(trial.number, name)
    value = suggest(trial, name, distribution)
    if known is not None and known[0] != distribution:
        warn(
            f'Inconsistent parameter values for distribution with name "{name}"! This might be a configuration '
            "mistake. The same distribution may be suggested more than once in a trial; where it is another one, the "
            f"first counts and all following are ignored. Using these values: {known[0]._asdict()}",
            RuntimeWarning,
        )
    return value


def suggest(trial: Trial, name: str, distribution: BaseDistribution) -> Any:
    """The value of a parameter: the trial's own, a fixed one, or the sampler's, in this order."""
    ledger = trial._ledger
    known = ledger.param(trial.number, name)
    if known is not None:
        check_distribution_compatibility(known[0], distribution)
        return known[0].to_external_repr(known[1])
    ledger.check_declared(name, distribution)
    trial.study._storage._check_keepable(distribution)
    value = _value(trial, name, distribution)
    internal = distribution.to_internal_repr(value)
    earlier = ledger.distribution(name)
    if earlier is not None:
        check_distribution_compatibility(earlier, distribution)
    trial.study._storage._check_running(trial._ledger, trial.number)
    trial._keep(name, internal, distribution)
    if trial._eager:
        trial.study._storage._flush(trial._trial_id)
    return value


def _value(trial: Trial, name: str, distribution: BaseDistribution) -> Any:
    fixed = trial._fixed_params
    if fixed is not None and name in fixed:
        return _fixed(name, fixed[name], distribution)
    if distribution.single():
        return distributions._get_single_value(distribution)
    if trial._is_native:
        return _native_value(trial, name, distribution)
    if name in trial.relative_params:
        space = trial.relative_search_space or {}
        if name not in space:
            raise ValueError(
                f"The parameter {name} was sampled by `sample_relative` method but it is not contained in the relative "
                "search space."
            )
        check_distribution_compatibility(space[name], distribution)
        value = trial.relative_params[name]
        if distribution._contains(distribution.to_internal_repr(value)):
            return value
    study, record = trial.study, _latest(trial)
    return study.sampler.sample_independent(_study_of(study, record), record, name, distribution)


def _native_value(trial: Trial, name: str, distribution: BaseDistribution) -> Any:
    """What a sampler of the engine proposes; of what it has nothing for its helper's value, or an even draw."""
    if isinstance(distribution, FloatDistribution) and distribution.high - distribution.low == math.inf:
        raise OverflowError(f"Range exceeds valid bounds: nothing is drawn evenly from {distribution}.")
    wished = trial._wished(name, distribution)
    if wished is not None:
        return distribution.to_external_repr(wished)
    sampler: Any = trial.study.sampler
    if sampler._asks:
        record = _latest(trial)
        study = _study_of(trial.study, record)
        sampler._tell_independent(study, record, name)
        if sampler._independent_sampler is not None:
            return sampler._independent_sampler.sample_independent(study, record, name, distribution)
    return distribution.to_external_repr(trial._draw(distribution))


def _fixed(name: str, value: Any, distribution: BaseDistribution) -> Any:
    if not distribution._contains(distribution.to_internal_repr(value)):
        warn(f"Fixed parameter {name} with value {value} is out of range for distribution {distribution}.")
    return value


def _latest(trial: Trial) -> FrozenTrial:
    return trial._ledger.shared(trial.number)


def _study_of(study: Study, record: FrozenTrial) -> Study:
    """The study as the sampler should see it: with a Hyperband pruner, the trials of one bracket."""
    from ravine.pruners import _filter_study

    return _filter_study(study, record)


def relative_params(trial: Trial) -> dict[str, Any]:
    """What the sampler has for the trial as a whole; asked for once."""
    if trial._is_native:
        wishes = trial._wishes()
        newest = trial._ledger.distribution
        return {name: newest(name).to_external_repr(value) for name, value in wishes.items()}
    if trial._relative is None:
        study, record = trial.study, _latest(trial)
        seen = _study_of(study, record)
        space = study.sampler.infer_relative_search_space(seen, record)
        trial._relative = (space, {})
        trial._relative = (space, study.sampler.sample_relative(seen, record, space))
    return trial._relative[1]


def known_relative_params(trial: Trial) -> dict[str, Any] | None:
    if trial._is_native:
        return relative_params(trial) if trial._ledger.n_params(trial.number) else None
    return None if trial._relative is None else trial._relative[1]


def relative_search_space(trial: Trial) -> dict[str, BaseDistribution] | None:
    if trial._is_native:
        return {name: trial._ledger.distribution(name) for name in trial._wishes()}
    return None if trial._relative is None else trial._relative[0]


def report(trial: Trial, value: float, step: int) -> None:
    if len(trial.study.directions) > 1:
        raise NotImplementedError("Trial.report is not supported for multi-objective optimization.")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"The `value` argument is of type '{type(value)}' but supposed to be a float.") from None
    try:
        place = int(step)
    except (TypeError, ValueError):
        raise TypeError(f"The `step` argument is of type '{type(step)}' but supposed to be an int.") from None
    if place < 0:
        raise ValueError(f"`step={place}` must be non-negative.")
    if trial._ledger.has_report(trial.number, place):
        warn(f"The reported value is ignored because this `step={place}` is already reported.")
        return
    trial.study._storage.set_trial_intermediate_value(trial._trial_id, place, number)


def should_prune(trial: Trial) -> bool:
    study = trial.study
    if len(study.directions) > 1:
        raise NotImplementedError("Trial.should_prune is not supported for multi-objective optimization.")
    return study.pruner.prune(study, _latest(trial))


def set_user_attr(trial: Trial, key: str, value: Any) -> None:
    trial.study._storage.set_trial_user_attr(trial._trial_id, key, value)


def set_constraint(trial: Trial, key: str, value: float) -> None:
    storage, number = trial.study._storage, trial._trial_id
    found = _constraints.checked(storage.get_trial_system_attrs(number), key, value)
    if found is not None:
        storage.set_trial_system_attr(number, *found)


def constraints(trial: Trial) -> dict[str, float]:
    return _constraints.read(system_attrs(trial))


def user_attrs(trial: Trial) -> dict[str, Any]:
    return copy.deepcopy(_latest(trial).user_attrs)


def system_attrs(trial: Trial) -> dict[str, Any]:
    return copy.deepcopy(_latest(trial).system_attrs)


def trial_id(trial: Trial) -> int:
    return trial.study._trial_id_of(trial.number)
