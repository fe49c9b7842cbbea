"""Trials as a pandas table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine.trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    import pandas as pd

    from ravine.study import Study


def trials_dataframe(study: Study, attrs: tuple[str, ...], multi_index: bool) -> pd.DataFrame:
    """See `Study.trials_dataframe`."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("`trials_dataframe` needs pandas: pip install 'ravine[pandas]'") from error
    trials = study.get_trials(deepcopy=False)
    if not trials:
        return pd.DataFrame()
    if study._is_multi_objective():
        attrs = tuple("values" if attr == "value" else attr for attr in attrs)
    names = study.metric_names
    records: list[dict[tuple[str, str], Any]] = []
    columns: dict[str, set[tuple[str, Any]]] = {attr: set() for attr in attrs}
    for trial in trials:
        record: dict[tuple[str, str], Any] = {}
        for attr in attrs:
            for place, value in _cells(trial, attr, len(study.directions), names):
                record[(attr.removeprefix("_"), place)] = value
                columns[attr].add((attr.removeprefix("_"), place))
        records.append(record)
    order: list[tuple[str, Any]] = []
    for attr in attrs:
        if attr == "values" and names is not None and columns[attr]:
            order.extend((attr, name) for name in names)
        else:
            order.extend(sorted(columns[attr]))
    table = pd.DataFrame(records, columns=pd.MultiIndex.from_tuples(order))
    if not multi_index:
        table.columns = ["_".join(str(part) for part in column if part != "") for column in order]
    return table


def _cells(trial: FrozenTrial, attr: str, objectives: int, names: list[str] | None) -> list[tuple[Any, Any]]:
    """What a field of a trial has in the table: (second level of the column, value)."""
    value = getattr(trial, attr)
    if isinstance(value, TrialState):
        return [("", value.name)]
    if isinstance(value, dict):
        return list(value.items())
    if attr == "values":
        values = [None] * objectives if value is None else value
        return list(enumerate(values) if names is None else zip(names, values))
    if isinstance(value, list):
        return list(enumerate(value))
    if attr == "value" and names is not None:
        return [(names[0], value)]
    return [("", value)]
