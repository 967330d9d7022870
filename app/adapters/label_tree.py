"""Labels as token paths behind one prompt: which tokens are still to be asked for, and how likely each label is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Tokens: TypeAlias = tuple[int, ...]


def shared_beginning(sequences: Sequence[Tokens]) -> Tokens:
    """The tokens that all sequences begin with."""
    shortest = min(sequences, key=len)
    for index, token in enumerate(shortest):
        if any(other[index] != token for other in sequences):
            return shortest[:index]
    return shortest


def swallowed(paths: Mapping[str, Tokens]) -> list[str]:
    """The labels whose tokens are the beginning of another label's: only their end tells them apart."""
    return [
        label
        for label, path in paths.items()
        if any(other != label and longer[: len(path)] == path for other, longer in paths.items())
    ]


@dataclass(slots=True)
class LabelTree:
    """The labels' token paths and the natural-log probabilities learned so far.

    `known` holds, by the path walked, the log probability of each label token that may come next.
    """

    paths: Mapping[str, Tokens]
    known: dict[Tokens, Mapping[int, float]] = field(default_factory=dict[Tokens, Mapping[int, float]])

    def next_tokens(self, walked: Tokens) -> list[int]:
        """The tokens by which labels go on after the path walked."""
        depth = len(walked)
        return sorted(
            {path[depth] for path in self.paths.values() if len(path) > depth and path[:depth] == walked}
        )

    def bound(self, label: str) -> float:
        """The log probability of the part that is known: the label can't be likelier."""
        return sum(step for step in self._steps(label) if step is not None)

    def unknown(self, label: str) -> Tokens | None:
        """The shortest path of this label that was not asked for; None when all is known."""
        for depth, step in enumerate(self._steps(label)):
            if step is None:
                return self.paths[label][:depth]
        return None

    def next_question(self, precision: float) -> Tokens | None:
        """The unknown path that could matter most; None when none can move a share by more than `precision`."""
        bounds = {label: self.bound(label) for label in self.paths}
        complete = [bounds[label] for label in self.paths if self.unknown(label) is None]
        open_labels = [label for label in self.paths if self.unknown(label) is not None]
        if not open_labels:
            return None
        likeliest = max(open_labels, key=lambda label: bounds[label])
        if (
            complete
            and precision > 0
            and bounds[likeliest] < max(complete) + math.log(precision / len(open_labels))
        ):
            return None
        return self.unknown(likeliest)

    def shares(self) -> dict[str, float]:
        """Each label's probability among the labels; they add up to 1."""
        bounds = {label: self.bound(label) for label in self.paths}
        highest = max(bounds.values())
        weights = {label: math.exp(bound - highest) for label, bound in bounds.items()}
        total = sum(weights.values())
        return {label: weight / total for label, weight in weights.items()}

    def _steps(self, label: str) -> Iterator[float | None]:
        path = self.paths[label]
        for depth, token in enumerate(path):
            following = self.known.get(path[:depth])
            yield None if following is None else following[token]
