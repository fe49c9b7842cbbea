"""Bridges to training libraries: callbacks that report and prune, a scikit-learn search, experiment trackers.

Each needs its library, and is loaded when first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_MODULES = {
    "CatBoostPruningCallback": "catboost",
    "KerasPruningCallback": "keras",
    "LightGBMPruningCallback": "lightgbm",
    "MLflowCallback": "mlflow",
    "OptunaSearchCV": "sklearn",
    "PyTorchIgnitePruningHandler": "pytorch_ignite",
    "PyTorchLightningPruningCallback": "pytorch_lightning",
    "RavineSearchCV": "sklearn",
    "TFKerasPruningCallback": "tfkeras",
    "WeightsAndBiasesCallback": "wandb",
    "XGBoostPruningCallback": "xgboost",
}

__all__ = [
    "CatBoostPruningCallback",
    "KerasPruningCallback",
    "LightGBMPruningCallback",
    "MLflowCallback",
    "OptunaSearchCV",
    "PyTorchIgnitePruningHandler",
    "PyTorchLightningPruningCallback",
    "RavineSearchCV",
    "TFKerasPruningCallback",
    "WeightsAndBiasesCallback",
    "XGBoostPruningCallback",
]

if TYPE_CHECKING:
    from ravine.integration.catboost import CatBoostPruningCallback
    from ravine.integration.keras import KerasPruningCallback
    from ravine.integration.lightgbm import LightGBMPruningCallback
    from ravine.integration.mlflow import MLflowCallback
    from ravine.integration.pytorch_ignite import PyTorchIgnitePruningHandler
    from ravine.integration.pytorch_lightning import PyTorchLightningPruningCallback
    from ravine.integration.sklearn import OptunaSearchCV, RavineSearchCV
    from ravine.integration.tfkeras import TFKerasPruningCallback
    from ravine.integration.wandb import WeightsAndBiasesCallback
    from ravine.integration.xgboost import XGBoostPruningCallback


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    if name in _MODULES.values():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*__all__, *sorted(set(_MODULES.values()))]
