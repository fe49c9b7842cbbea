"""ravine: a search for the settings that make a program work best.

``import ravine as optuna`` runs most programs that were written for Optuna; what differs is listed in
``docs/python/compatibility.md``. All that is public is found from here; modules are loaded when first asked for, so
that ``import ravine`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

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
}

__all__ = sorted([name for name in _PLACES] + ["__version__"])


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
    from ravine import (  # noqa: F401
        artifacts,
        distributions,
        exceptions,
        hyperopt,
        importance,
        integration,
        logging,
        pruners,
        samplers,
        search_space,
        storages,
        study,
        terminator,
        trial,
        version,
        visualization,
    )
    from ravine.exceptions import TrialPruned  # noqa: F401
    from ravine.storages import load_optuna  # noqa: F401
    from ravine.study import (  # noqa: F401
        Study,
        copy_study,
        create_study,
        delete_study,
        get_all_study_names,
        get_all_study_summaries,
        load_study,
    )
    from ravine.trial import Trial, create_trial  # noqa: F401
