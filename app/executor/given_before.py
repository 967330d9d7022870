"""What a step was given when its result was recorded: worked out again from the records around it.

Of inputs only a digest is recorded. What is worked out counts where it has that digest, so it is never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from app.document.workflow import Json
from app.executor.digests import digest_of
from app.executor.journal import Place, StepRecord
from app.executor.revisit import given_there
from app.executor.run import Run
from app.executor.values import as_text
from app.executor.where import Where
from app.planner.plan import PlanStep
from app.sdk.data_types import Value

_WAS = "#was:"  # of a step that ran again: what it gave before
_BEFORE = 40  # characters before the first that is another
_SHOWN = 400  # characters of either side

Records: TypeAlias = Mapping[str, StepRecord]


def superseded(record: StepRecord) -> StepRecord:
    """What stays of a record whose step runs again: what others, recorded behind it, were given. It costs nothing."""
    return StepRecord(
        record.place,
        _WAS + record.node,
        "ok",
        record.type,
        record.version,
        "",
        record.outputs,
        record.scope,
    )


async def changed_since(
    run: Run, where: Where, step: PlanStep, record: StepRecord, found: Records, now: Mapping[str, Value]
) -> Json:
    """The inputs that are others now, each with the piece where it differs: `port`, `was` and `now`; None where what
    went in then is no longer kept. `found` is what was recorded at this place when this life came to it. Raises
    JournalError.
    """
    for records in (_as_found(where.place, found), _as_paid_for):
        then = await given_there(run, where, step.id, records)
        if then is not None and digest_of(dict(then)) == record.inputs:
            return [
                {"port": port, **_apart(then.get(port), now.get(port))}
                for port in dict.fromkeys((*then, *now))
                if digest_of(then.get(port)) != digest_of(now.get(port))
            ]
    return None


def _as_found(place: Place, found: Records) -> Callable[[Place, Records], Records]:
    """What only computes gave then what was noted of it, also where its type computes something else by now."""
    return lambda at, records: _earlier(found if at == place else records)


def _as_paid_for(_: Place, records: Records) -> Records:
    """What only computes is computed again, of what was paid for then."""
    return _earlier({name: one for name, one in records.items() if one.inputs or name.startswith(_WAS)})


def _earlier(records: Records) -> Records:
    """With what steps that ran again had given before."""
    was = {one.node.removeprefix(_WAS): one for one in records.values() if one.node.startswith(_WAS)}
    return {**records, **{name: replace(one, node=name) for name, one in was.items()}}


def _apart(was: Value, now: Value) -> Mapping[str, Json]:
    """Two values as texts, from a little before the place where they part."""
    texts = as_text(was), as_text(now)
    same = next((n for n, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), None)
    begin = max(0, (min(map(len, texts)) if same is None else same) - _BEFORE)
    return dict(zip(("was", "now"), (_piece(text, begin) for text in texts), strict=True))


def _piece(text: str, begin: int) -> str:
    end = begin + _SHOWN
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
