"""How long a person still has for an answer: the time counts from when the question was first asked, over all lives."""

from __future__ import annotations

from collections.abc import Mapping

from app.executor.instance import Instance
from app.executor.journal import Journal, JournalError, StepRecord
from app.executor.moments import Moment, between, moment_of, plain_moment

BACK = 60.0  # seconds for which a question that comes back is open at least: a wrong clock must not answer it unseen


async def time_to_answer(journal: Journal, instance: Instance, most: float, now: Moment, at: float) -> float:
    """For the instance's next question. `most` is what the author of the workflow gives, `at` the run's own time. What
    is first asked now is recorded before anybody sees it. Raises JournalError.
    """
    instance.questions += 1
    asked_as = f"#asked {instance.questions} {instance.node}"  # no step is called so
    records: Mapping[str, StepRecord] = {}
    if not journal.is_fresh:
        records = await journal.steps(instance.place)
    asked, own = records.get(asked_as), records.get(instance.node)
    if asked and (
        own is None or asked.at >= own.at + own.seconds
    ):  # else that time was up, and it is tried again
        return max(most - between(_moment(asked), now), min(most, BACK))
    since, scope = plain_moment(now), instance.scope
    await journal.commit(StepRecord(instance.place, asked_as, "ok", "", 0, "", since, scope, at))
    return most


def _moment(asked: StepRecord) -> Moment:
    try:
        return moment_of(asked.outputs)
    except (KeyError, ValueError) as error:
        raise JournalError("journal.damaged", asked.place, str(error)) from error
