"""ravine: a search for the settings that make a program work best.

``import ravine as optuna`` runs most programs that were written for Optuna; what differs is listed in
``docs/python/compatibility.md``. All that is public is found from here; modules are loaded when first asked for, so
that ``import ravine`` costs next to nothing.
"""

from __future__ import annotations

import importlib

# Loading `typing` takes longer than all the rest here; type checkers know the name.
TYPE_CHECKING = False

__version__ = "0.1.0"

#: Where each public name lives: ``None`` for a module of that name.
_PLACES: dict[str, str | None] = {
    "artifacts": None,
    "distributions": None,
    "exceptions": None,
    "importance": None,
    "integration": None,
    "logging": None,
    "pruners": None,
    "samplers": None,
    "search_space": None,
    "storages": None,
    "study": None,
    "terminator": None,
    "trial": None,
    "version": None,
    "visualization": None,
    "hyperopt": None,
    "Study": "study",
    "Trial": "trial",
    "TrialPruned": "exceptions",
    "copy_study": "study",
    "create_study": "study",
    "create_trial": "trial",
    "delete_study": "study",
    "get_all_study_names": "study",
    "get_all_study_summaries": "study",
    "load_study": "study",
    "load_optuna": "storages",
    # The engine from Python.
    "experiment": None,
    "program": None,
    "search_program": None,
    "spec": None,
    "EngineError": "_engine.errors",
    "EngineNotFoundError": "_engine.errors",
    "NoSuccessfulTrialError": "_engine.errors",
    "StudyFileError": "_engine.errors",
    "StudyRefusedError": "_engine.errors",
    "TooManyFailuresError": "_engine.errors",
    "StudyResult": "_engine.result",
    "TrialResult": "_engine.result",
    "run": "_engine.run",
    "Experiment": "experiment",
    "ExperimentResult": "experiment",
    "config": "program",
    "current_run": "program",
    "report": "program",
    "Again": "search_program",
    "EXHAUSTED": "search_program",
    "Proposal": "search_program",
    "SearchProgram": "search_program",
    "Selector": "search_program",
    "WAIT": "search_program",
    "serve_sampler": "search_program",
    "Bool": "spec",
    "Choice": "spec",
    "Expr": "spec",
    "Float": "spec",
    "Int": "spec",
    "Objective": "spec",
    "Option": "spec",
    "Permutation": "spec",
    "Point": "spec",
    "Repeat": "spec",
    "Space": "spec",
    "Stage": "spec",
    "StudySpec": "spec",
    "Value": "spec",
    "Variation": "variation",
    "generate_configs": "variation",
}

# Written out: type checkers do not compute it.
__all__ = [
    "EXHAUSTED",
    "WAIT",
    "Again",
    "Bool",
    "Choice",
    "EngineError",
    "EngineNotFoundError",
    "Experiment",
    "ExperimentResult",
    "Expr",
    "Float",
    "Int",
    "NoSuccessfulTrialError",
    "Objective",
    "Option",
    "Permutation",
    "Point",
    "Proposal",
    "Repeat",
    "SearchProgram",
    "Selector",
    "Space",
    "Stage",
    "Study",
    "StudyFileError",
    "StudyRefusedError",
    "StudyResult",
    "StudySpec",
    "TooManyFailuresError",
    "Trial",
    "TrialPruned",
    "TrialResult",
    "Value",
    "Variation",
    "__version__",
    "artifacts",
    "config",
    "copy_study",
    "create_study",
    "create_trial",
    "current_run",
    "delete_study",
    "distributions",
    "exceptions",
    "experiment",
    "generate_configs",
    "get_all_study_names",
    "get_all_study_summaries",
    "hyperopt",
    "importance",
    "integration",
    "load_optuna",
    "load_study",
    "logging",
    "program",
    "pruners",
    "report",
    "run",
    "samplers",
    "search_program",
    "search_space",
    "serve_sampler",
    "spec",
    "storages",
    "study",
    "terminator",
    "trial",
    "version",
    "visualization",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES[name]
    if place is None:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from ravine import (
        artifacts,
        distributions,
        exceptions,
        experiment,
        hyperopt,
        importance,
        integration,
        logging,
        program,
        pruners,
        samplers,
        search_program,
        search_space,
        spec,
        storages,
        study,
        terminator,
        trial,
        version,
        visualization,
    )
    from ravine._engine.errors import (
        EngineError,
        EngineNotFoundError,
        NoSuccessfulTrialError,
        StudyFileError,
        StudyRefusedError,
        TooManyFailuresError,
    )
    from ravine._engine.result import StudyResult, TrialResult
    from ravine._engine.run import run
    from ravine.exceptions import TrialPruned
    from ravine.experiment import Experiment, ExperimentResult
    from ravine.program import config, current_run, report
    from ravine.search_program import (
        EXHAUSTED,
        WAIT,
        Again,
        Proposal,
        SearchProgram,
        Selector,
        serve_sampler,
    )
    from ravine.spec import (
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
        Value,
    )
    from ravine.storages import load_optuna
    from ravine.study import (
        Study,
        copy_study,
        create_study,
        delete_study,
        get_all_study_names,
        get_all_study_summaries,
        load_study,
    )
    from ravine.trial import Trial, create_trial
    from ravine.variation import Variation, generate_configs
