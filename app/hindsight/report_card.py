"""A verifier's report card: how far it agrees with people, what it let pass wrongly and what it refused wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.events.accuracy import wilson
from app.hindsight.labels import Label


@dataclass(frozen=True, slots=True)
class Share:
    """`n` out of `of`, with the 95 % Wilson score interval of the rate."""

    n: int = 0
    of: int = 0
    low: float = 0.0
    high: float = 1.0

    @property
    def rate(self) -> float | None:
        return self.n / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class ReportCard:
    """`agreed` counts what the verifier judged and people labelled. `false_passes` are out of what people found bad,
    `false_alarms` out of what they found good.

    Where it did not run it was no pass and no refusal: `not_checked` is beside the three. `earlier` are labels on what
    it found with other settings. `reviews` and `ratings` say where the labels that count come from.
    """

    node: str
    agreed: Share = Share()
    false_passes: Share = Share()
    false_alarms: Share = Share()
    not_checked: int = 0
    earlier: int = 0
    reviews: int = 0
    ratings: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.agreed.of or self.not_checked or self.earlier)


def card_of(node: str, labels: Iterable[Label], settings: str) -> ReportCard:
    """The card of one verifier as it is set now."""
    mine = [label for label in labels if label.node == node and label.said]
    now = [label for label in mine if label.settings == settings]
    judged = [label for label in now if label.said != "not_checked"]
    good = [label for label in judged if label.word == "good"]
    bad = [label for label in judged if label.word == "bad"]
    passed_bad = sum(label.said == "passed" for label in bad)
    failed_good = sum(label.said == "failed" for label in good)
    return ReportCard(
        node,
        _share(len(judged) - passed_bad - failed_good, len(judged)),
        _share(passed_bad, len(bad)),
        _share(failed_good, len(good)),
        len(now) - len(judged),
        len(mine) - len(now),
        sum(label.source == "review" for label in now),
        sum(label.source == "rating" for label in now),
    )


def _share(n: int, of: int) -> Share:
    return Share(n, of, *wilson(n, of))
