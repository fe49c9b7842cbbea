"""`Study`, and the functions that create, find, copy and delete studies."""

from __future__ import annotations

import copy
import json
import math
import threading
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, cast

from ravine import exceptions, logging, storages
from ravine._notice import experimental, warn
from ravine.distributions import _convert_old_distribution_to_new_distribution
from ravine.study._study_direction import StudyDirection, chosen_directions
from ravine.study._study_summary import StudySummary
from ravine.trial import TrialState, create_trial

if TYPE_CHECKING:
    import pandas as pd

    from ravine.distributions import BaseDistribution
    from ravine.pruners import BasePruner
    from ravine.samplers import BaseSampler
    from ravine.spec import Space
    from ravine.trial import FrozenTrial, Trial

ObjectiveFuncType = Callable[["Trial"], float | Sequence[float]]
_METRIC_NAMES = "study:metric_names"
#: The note that holds the declared space: the `[space]` table of a study file, and the constraints.
_SPACE = "ravine:space"

_logger = logging.get_logger(__name__)


class _Local(threading.local):
    in_optimize_loop: bool = False


class Study:
    """A search: its trials, and how they are proposed and stopped. Made by `create_study` or `load_study`.

    Attributes:
        study_name: Its name in its storage.
        sampler: What proposes values; may be exchanged between calls of `optimize`.
        pruner: What stops trials early; likewise.
    """

    def __init__(
        self,
        study_name: str,
        storage: str | storages.BaseStorage,
        sampler: BaseSampler | None = None,
        pruner: BasePruner | None = None,
    ) -> None:
        from ravine.pruners import MedianPruner
        from ravine.samplers import AutoSampler
        from ravine.storages._ledgers import able

        self.study_name = study_name
        self._storage = cast(Any, able(storages.get_storage(storage)))
        self._study_id: int = self._storage.get_study_id_from_name(study_name)
        self._directions: list[StudyDirection] = self._storage.get_study_directions(self._study_id)
        self._open_ledger()
        self.sampler = sampler or AutoSampler()
        self.pruner = pruner or MedianPruner()
        self._thread_local = _Local()
        self._stop_flag = False

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_thread_local"], state["_ledger"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._thread_local = _Local()
        self._open_ledger()

    def _open_ledger(self) -> None:
        """Finds the study's trials, and the space that was declared for them."""
        entry = self._storage._entry(self._study_id)
        self._ledger = entry.ledger
        declared = entry.system_attrs.get(_SPACE)
        if declared is not None and not self._ledger.is_declared:
            self._ledger.declare(json.dumps(declared["space"]), declared["constraints"])

    @property
    def directions(self) -> list[StudyDirection]:
        """The directions, one per objective."""
        return self._directions

    @property
    def direction(self) -> StudyDirection:
        """The direction of the only objective. Raises `RuntimeError` where there are several."""
        if self._is_multi_objective():
            raise RuntimeError(
                "A single direction cannot be retrieved from a multi-objective study. Consider using Study.directions "
                "to retrieve a list containing all directions."
            )
        return self.directions[0]

    @property
    def best_trial(self) -> FrozenTrial:
        """The best complete trial that keeps the constraints.

        Raises:
            ValueError: There is none.
            RuntimeError: The study has several objectives: see `best_trials`.
        """
        return self._ledger.frozen(self._best_trial().number)

    @property
    def best_value(self) -> float:
        """The value of `best_trial`."""
        return cast(float, self._best_trial().value)

    @property
    def best_params(self) -> dict[str, Any]:
        """The values of `best_trial`."""
        return self.best_trial.params

    @property
    def best_trials(self) -> list[FrozenTrial]:
        """The complete trials that keep the constraints and that none of them dominates (the Pareto front)."""
        from ravine.study._multi_objective import pareto_front

        return pareto_front(self.trials, self.directions)

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials in the order of their numbers, as copies: changing them changes nothing here."""
        return self.get_trials()

    @property
    def user_attrs(self) -> dict[str, Any]:
        """What was noted by `set_user_attr`, as a copy."""
        return copy.deepcopy(self._storage.get_study_user_attrs(self._study_id))

    @property
    def system_attrs(self) -> dict[str, Any]:
        """What the system noted, as a copy."""
        return copy.deepcopy(self._storage.get_study_system_attrs(self._study_id))

    @property
    def metric_names(self) -> list[str] | None:
        """The objectives' names; None before `set_metric_names`."""
        return self._storage.get_study_system_attrs(self._study_id).get(_METRIC_NAMES)

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """The trials in the order of their numbers.

        Args:
            deepcopy: Whether the records may be changed; without, getting them again costs next to nothing.
            states: Only those in these states.
        """
        return self._storage.get_all_trials(self._study_id, deepcopy=deepcopy, states=states)

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        return self.get_trials(deepcopy=deepcopy, states=states)

    def optimize(
        self,
        func: ObjectiveFuncType,
        n_trials: int | None = None,
        timeout: float | None = None,
        n_jobs: int = 1,
        catch: Iterable[type[Exception]] | type[Exception] = (),
        callbacks: Iterable[Callable[[Study, FrozenTrial], None]] | None = None,
        gc_after_trial: bool = False,
        show_progress_bar: bool = False,
        *,
        backend: Literal["thread", "process"] = "thread",
    ) -> None:
        """Evaluates an objective again and again, with the values that the sampler proposes.

        Args:
            func: The objective: called with a `Trial`, returns a float, or one for each objective.
            n_trials: How many trials; None for no end but the other limits.
            timeout: No trial is started after so many seconds.
            n_jobs: How many trials run at once, in threads; -1 for one per processor.
            catch: Exceptions of these types fail their trial only; others end the search as well.
            callbacks: Called after each trial with the study and the trial's record.
            gc_after_trial: Whether garbage is collected after each trial.
            show_progress_bar: Whether a bar shows how far the search is.
            backend: With ``"process"`` the objective runs in child processes, for true parallelism; it must be a
                function that a module defines.

        Raises:
            RuntimeError: It was called by an objective of this study.
        """
        from ravine.study._optimize import optimize

        optimize(
            self,
            func,
            n_trials,
            timeout,
            n_jobs,
            tuple(catch) if isinstance(catch, Iterable) else (catch,),
            callbacks,
            gc_after_trial,
            show_progress_bar,
            backend,
        )

    def ask(self, fixed_distributions: dict[str, BaseDistribution] | None = None) -> Trial:
        """A new trial to evaluate, or one that was enqueued. To be ended by `tell`.

        Args:
            fixed_distributions: Parameters that are suggested at once.
        """
        distributions = {
            name: _convert_old_distribution_to_new_distribution(distribution)
            for name, distribution in (fixed_distributions or {}).items()
        }
        if self._storage._beats:
            warn("Heartbeat of storage is supposed to be used with Study.optimize.")
        trial = self._begin()
        for name, distribution in distributions.items():
            trial._suggest(name, distribution)
        if distributions:
            self._storage._flush(trial._trial_id)
        # Another process may tell what this one asked for, where there can be one.
        trial._eager = not self._storage._is_quick
        return trial

    def ask_batch(self, n: int, fixed_distributions: dict[str, BaseDistribution] | None = None) -> list[Trial]:
        """So many trials to be evaluated side by side; the sampler knows of each when it proposes the next."""
        if n < 0:
            raise ValueError(f"a batch cannot have {n} trials")
        return [self.ask(fixed_distributions) for _ in range(n)]

    def tell(
        self,
        trial: Trial | int,
        values: float | Sequence[float] | None = None,
        state: TrialState | None = None,
        skip_if_finished: bool = False,
        *,
        std: float | Sequence[float] | None = None,
    ) -> FrozenTrial:
        """Ends a trial: its record.

        Args:
            trial: It, or its number.
            values: Its value, or one for each objective.
            state: COMPLETE, PRUNED or FAIL; told by the values where absent.
            skip_if_finished: Whether a trial that is over is left as it is; otherwise that is an error.
            std: The standard error of each value, where they are measured with noise; see `best`.

        Raises:
            ValueError: The trial is over or does not exist, values and state contradict each other, or a standard error
                is negative or not finite.
        """
        from ravine.study._tell import tell

        errors = None
        if std is not None:
            errors = [float(e) for e in std] if isinstance(std, Sequence) else [float(std)]
            if not all(0.0 <= error < math.inf for error in errors):
                raise ValueError(f"a standard error is 0 or more and finite, not {std}")
        tell(self, trial, values, state, skip_if_finished, errors=errors)
        return self._ledger.frozen(trial if isinstance(trial, int) else trial.number)

    def tell_batch(
        self, trials: Iterable[Trial | int], values: Iterable[float | Sequence[float] | None]
    ) -> list[FrozenTrial]:
        """Ends several trials, each with its value or values; None fails a trial."""
        pairs = list(zip(trials, values, strict=True))
        return [self.tell(trial, value, TrialState.FAIL if value is None else None) for trial, value in pairs]

    def best(self, k: int = 1) -> list[FrozenTrial]:
        """The k trials that are best by what is believed of them, where values are measured with noise.

        A value that was told with a standard error is drawn towards the mean of all, the more the less is known of it
        (the posterior mean of a normal prior that the study's values suggest); several trials with the same values
        count as measurements of one. Without noise it is the order of the values.
        """
        from ravine.study._posterior import best

        return best(self, k)

    def explain(self, trial: int | None = None) -> str:
        """What the sampler noted when it proposed a trial (the last one by default), as JSON.

        What `AutoSampler` notes begins with the method that it chose and why (``auto``, ``why``), also where it had
        chosen it for an earlier trial; then comes what it did in this one, such as whose ``turn`` it was. Other
        samplers note little, and of a trial that was enqueued, or the first, there may be nothing.

        Raises:
            ValueError: There is no such trial.
        """
        from ravine.study._explain import explain

        return explain(self, trial)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Notes something on the study; JSON for storages that outlast the process."""
        self._storage.set_study_user_attr(self._study_id, key, value)

    def set_system_attr(self, key: str, value: Any) -> None:
        """Notes something of the system's on the study."""
        self._storage.set_study_system_attr(self._study_id, key, value)

    @experimental("3.2.0")
    def set_metric_names(self, metric_names: list[str]) -> None:
        """Names the objectives, one each, for logs and tables."""
        if len(self.directions) != len(metric_names):
            raise ValueError("The number of objectives must match the length of the metric names.")
        self._storage.set_study_system_attr(self._study_id, _METRIC_NAMES, metric_names)

    def trials_dataframe(
        self,
        attrs: tuple[str, ...] = (
            "number",
            "value",
            "datetime_start",
            "datetime_complete",
            "duration",
            "params",
            "user_attrs",
            "system_attrs",
            "state",
        ),
        multi_index: bool = False,
    ) -> pd.DataFrame:
        """The trials as a table; needs pandas.

        Args:
            attrs: Fields of `FrozenTrial`, in the order of the columns.
            multi_index: Whether columns have two levels, such as ``("params", "x")``, instead of ``params_x``.
        """
        from ravine.study._dataframe import trials_dataframe

        return trials_dataframe(self, attrs, multi_index)

    def stop(self) -> None:
        """Ends the search after the running trials. For objectives and callbacks of `optimize`."""
        if not self._thread_local.in_optimize_loop:
            raise RuntimeError("`Study.stop` is supposed to be invoked inside an objective function or a callback.")
        self._stop_flag = True

    def enqueue_trial(
        self, params: dict[str, Any], user_attrs: dict[str, Any] | None = None, skip_if_exists: bool = False
    ) -> None:
        """Puts values in the queue: they are tried before what the sampler has in mind, which fills in the rest.

        Args:
            params: Values by name.
            user_attrs: Notes for the trial.
            skip_if_exists: Whether nothing happens where a trial has these values, or is enqueued with them.
        """
        if not isinstance(params, dict):
            raise TypeError("params must be a dictionary.")
        if skip_if_exists and self._has_values(params):
            _logger.info(f"Trial with params {params} already exists. Skipping enqueue.")
            return
        waiting = create_trial(state=TrialState.WAITING, system_attrs={"fixed_params": params}, user_attrs=user_attrs)
        self.add_trial(waiting)

    def add_trial(self, trial: FrozenTrial) -> None:
        """Adds a trial that was made elsewhere; it gets the next number.

        Raises:
            ValueError: The trial contradicts itself, the objectives, or what the study knows of its parameters.
        """
        self.add_trials([trial])

    def add_trials(self, trials: Iterable[FrozenTrial]) -> None:
        """Adds trials, as `add_trial` does each, in few steps: of those before one that cannot be added none is missing."""
        self._storage._add_trials(self._study_id, map(self._checked, trials))

    def _checked(self, trial: FrozenTrial) -> FrozenTrial:
        trial._validate()
        if trial.values is not None and len(self._directions) != len(trial.values):
            raise ValueError(
                f"The added trial has {len(trial.values)} values, which is different from the number of objectives "
                f"{len(self._directions)} in the study (determined by Study.directions)."
            )
        return trial

    def _is_multi_objective(self) -> bool:
        return len(self._directions) > 1

    def _is_quick(self) -> bool:
        """Whether a value can be kept without asking anybody."""
        return self._storage._is_quick and self.sampler._is_quiet

    def _begin(self) -> Trial:
        sampler = self.sampler
        plan = sampler._plan_for(self)
        trial = self._storage._ask(self, plan)
        if plan is None or cast(Any, sampler)._independent_sampler is not None:
            from ravine.pruners import _filter_study

            record = self._ledger.shared(trial.number)
            sampler.before_trial(_filter_study(self, record), record)
        return trial

    def _declare(self, space: Space | Mapping[str, Any]) -> None:
        from ravine.spec import Space

        whole = space if isinstance(space, Space) else Space(space)
        declared = {"space": whole.to_dict(), "constraints": list(whole.constraints)}
        if self.system_attrs.get(_SPACE) == declared:
            return
        self._ledger.declare(json.dumps(declared["space"]), declared["constraints"])
        # Whoever opens the study later knows it again.
        self._storage.set_study_system_attr(self._study_id, _SPACE, declared)

    def _trial_id_of(self, number: int) -> int:
        return self._ledger.first_id + number

    def _best_trial(self) -> FrozenTrial:
        """The best trial's record, which must not be changed."""
        if self._is_multi_objective():
            raise RuntimeError(
                "A single best trial cannot be retrieved from a multi-objective study. Consider using "
                "Study.best_trials to retrieve a list containing the best trials."
            )
        best = self._storage.get_best_trial(self._study_id)
        if all(violation <= 0.0 for violation in best.constraints.values()):
            return best
        complete = self.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        feasible = [t for t in complete if all(violation <= 0.0 for violation in t.constraints.values())]
        if not feasible:
            raise ValueError("No feasible trials are completed yet.")
        choose = max if self.direction == StudyDirection.MAXIMIZE else min
        return choose(feasible, key=lambda trial: cast(float, trial.value))

    def _has_values(self, params: Mapping[str, Any]) -> bool:
        for trial in self.get_trials(deepcopy=False):
            known = trial.system_attrs.get("fixed_params", trial.params)
            if known.keys() == params.keys() and all(_alike(params[name], known[name]) for name in params):
                return True
        return False


def _alike(value: Any, known: Any) -> bool:
    if not isinstance(value, type(known)):
        return False
    if not isinstance(value, Real):
        return bool(value == known)
    one, other = float(value), float(known)
    return math.isclose(one, other, rel_tol=1e-5) or (math.isnan(one) and math.isnan(other))


def create_study(
    *,
    storage: str | storages.BaseStorage | None = None,
    sampler: BaseSampler | None = None,
    pruner: BasePruner | None = None,
    study_name: str | None = None,
    direction: Literal["minimize", "maximize"] | StudyDirection | None = None,
    load_if_exists: bool = False,
    directions: Sequence[Literal["minimize", "maximize"] | StudyDirection] | None = None,
    space: Space | Mapping[str, Any] | None = None,
) -> Study:
    """Makes a study.

    Args:
        storage: Where it is kept: a URL such as ``sqlite:///study.db``, or a storage; in memory where absent.
        sampler: What proposes values; `ravine.samplers.AutoSampler` where absent.
        pruner: What stops trials early; `ravine.pruners.MedianPruner` where absent.
        study_name: Its name in the storage; made up where absent.
        direction: ``"minimize"`` (where absent) or ``"maximize"``.
        load_if_exists: Whether a study of this name is opened; otherwise it is an error.
        directions: One direction for each of several objectives.
        space: The whole space, conditions included, as `ravine.Space` or the ``[space]`` table of a study file: samplers
            know it from the first trial on. Objectives suggest as ever, by a parameter's path or its last part; another
            kind or scale than is declared is an error. A range that is asked for holds, but samplers that learn propose
            what lies in the declared one too; a name that is not declared is a further parameter.

    Raises:
        DuplicatedStudyError: There is a study of this name.
        ValueError: The directions are none.
    """
    from ravine.storages._ledgers import able

    chosen = chosen_directions(direction, directions)
    place = able(storages.get_storage(storage))
    try:
        study_id = place.create_new_study(chosen, study_name)
    except exceptions.DuplicatedStudyError:
        if not load_if_exists:
            raise exceptions.DuplicatedStudyError(
                f"Another study with {study_name=} already exists. Please specify a name not in the storage, or reuse "
                "the existing one by setting `load_if_exists` (for Python API) or `--skip-if-exists` flag (for "
                "CLI).\nUse `optuna.study.get_all_study_names(storage)` to list all the used names."
            ) from None
        _logger.info(f"Using an existing study with `{study_name=}` instead of creating a new one.")
        study_id = place.get_study_id_from_name(cast(str, study_name))
    study = Study(place.get_study_name_from_id(study_id), place, sampler=sampler, pruner=pruner)
    if space is not None:
        study._declare(space)
    return study


def load_study(
    *,
    study_name: str | None,
    storage: str | storages.BaseStorage,
    sampler: BaseSampler | None = None,
    pruner: BasePruner | None = None,
) -> Study:
    """Opens a study that exists; `study_name` may be None where the storage has one study only.

    Raises:
        KeyError: There is no study of this name.
        ValueError: No name is given, and there is not exactly one study.
    """
    if study_name is None:
        names = get_all_study_names(storage)
        if len(names) != 1:
            raise ValueError(
                f"Could not determine the study name since the storage={storage!r} does not contain exactly 1 study. "
                f"Specify `study_name` from study_names={names!r}."
            )
        study_name = names[0]
        _logger.info(
            f"Study name was omitted but trying to load `{study_name=}` because that was the only study found in the "
            "storage."
        )
    return Study(study_name, storage, sampler=sampler, pruner=pruner)


def delete_study(*, study_name: str, storage: str | storages.BaseStorage) -> None:
    """Deletes a study with its trials. Raises `KeyError` where there is none of this name."""
    place = storages.get_storage(storage)
    place.delete_study(place.get_study_id_from_name(study_name))


def copy_study(
    *,
    from_study_name: str,
    from_storage: str | storages.BaseStorage,
    to_storage: str | storages.BaseStorage,
    to_study_name: str | None = None,
) -> None:
    """Copies a study, its notes and its trials, to another storage or under another name.

    Raises:
        DuplicatedStudyError: There is a study of the new name.
    """
    source = load_study(study_name=from_study_name, storage=from_storage)
    copy_ = create_study(study_name=to_study_name or from_study_name, storage=to_storage, directions=source.directions)
    for key, value in source.system_attrs.items():
        copy_.set_system_attr(key, value)
    for key, value in source.user_attrs.items():
        copy_.set_user_attr(key, value)
    copy_._storage._add_trials(copy_._study_id, source.get_trials(deepcopy=False))


def get_all_study_summaries(storage: str | storages.BaseStorage, include_best_trial: bool = True) -> list[StudySummary]:
    """The studies of a storage in brief."""
    place = storages.get_storage(storage)
    summaries = []
    for study in place.get_all_studies():
        trials = place.get_all_trials(study._study_id)
        complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        best = None
        if include_best_trial and complete and len(study.directions) == 1:
            choose = max if study.direction == StudyDirection.MAXIMIZE else min
            best = choose(complete, key=lambda trial: cast(float, trial.value))
        starts = [trial.datetime_start for trial in trials if trial.datetime_start is not None]
        summaries.append(
            StudySummary(
                study_name=study.study_name,
                direction=None,
                best_trial=best,
                user_attrs=study.user_attrs,
                n_trials=len(trials),
                datetime_start=min(starts, default=None),
                study_id=study._study_id,
                directions=study.directions,
            )
        )
    return summaries


def get_all_study_names(storage: str | storages.BaseStorage) -> list[str]:
    """The names of a storage's studies."""
    return [study.study_name for study in storages.get_storage(storage).get_all_studies()]
