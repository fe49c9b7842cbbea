"""What a sampler noted when it proposed a trial."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ravine.study.study import Study


def explain(study: Study, trial: int | None) -> str:
    """See `Study.explain`."""
    ledger = study._ledger
    number = len(ledger) - 1 if trial is None else trial
    if not 0 <= number < len(ledger):
        raise ValueError(f"the study has no trial {number}" if ledger else "the study has no trial yet")
    memo = ledger.memo(number)
    if memo is None:
        return f"trial {number}: the sampler noted nothing"
    return json.dumps({**_choice_before(study, number), **json.loads(memo)}, separators=(",", ":"))


def _choice_before(study: Study, number: int) -> dict[str, Any]:
    """What the sampler, where it chooses among methods, had last chosen when it proposed a trial."""
    from ravine.samplers import AutoSampler

    if isinstance(study.sampler, AutoSampler):
        for memo in map(study._ledger.memo, range(number, -1, -1)):
            # It is noted where it changes.
            if memo is not None and "auto" in (noted := json.loads(memo)):
                return {key: noted[key] for key in ("auto", "why") if key in noted}
    return {}
