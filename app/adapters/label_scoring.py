"""Score whole labels as continuations of a prompt: how likely each one is, all its tokens counted.

A label's probability is the product of its tokens' probabilities among the whole vocabulary; the labels'
probabilities are then divided by their sum. Labels with a common beginning share the questions about it,
and a label that is out of the race is not followed to its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import ClientSession

from app.adapters.embedded_model import Endpoint
from app.adapters.label_tree import LabelTree, shared_beginning, swallowed
from app.adapters.llama_server import Tokens, next_token_logs, together, tokens_of
from app.costs.usage import NO_USAGE, Usage
from app.sdk.errors import NodeError

END_OF_LABEL = "\n"
PRECISION = 1e-6  # by how much a share may be off; small, since a prior may be divided out of it
REMEMBERED = 4096  # last lines of prompts with a label, kept as tokens


@dataclass(frozen=True, slots=True)
class ScoredLabels:
    """Probabilities by label, adding up to 1, and the tokens that it took.

    In `usage`, `input` counts the tokens of the prompt and of the labels that were read, `cached` the part of
    the prompt that the engine still had from before, `output` one token for each question.
    """

    probabilities: Mapping[str, float]
    usage: Usage


class LabelScorer:
    """Scores labels on local models; remembers how the last lines of prompts are split into tokens."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self._last_lines: dict[tuple[str, str], Tokens] = {}
        self._carriers: dict[str, int] = {}

    async def score(
        self, endpoint: Endpoint, prompt: str, labels: Sequence[str], *, precision: float = PRECISION
    ) -> ScoredLabels:
        """How likely each label is right behind `prompt`, whose last line introduces it ("Topic: ").

        `precision` 0 follows every label to its end. Cancelling stops the engine. Raises ValueError
        for labels that are empty or equal, NodeError `model.*`.
        """
        if not labels or not all(labels) or len(set(labels)) < len(labels):
            raise ValueError("labels must be there, different and not empty")
        start, tree = await self._tree(endpoint, prompt, labels)
        longest = len(start) + max(len(path) for path in tree.paths.values())
        if longest > endpoint.context:
            raise NodeError("model.too_long", tokens=longest, limit=endpoint.context)
        usage = NO_USAGE
        carrier = await self._carrier(endpoint)
        while (walked := tree.next_question(precision)) is not None:
            wanted = tree.next_tokens(walked)
            tree.known[walked], used = await next_token_logs(
                self._session, endpoint, start + walked, wanted, carrier
            )
            usage = together(usage, used) if usage.output else used
        return ScoredLabels(tree.shares(), usage)

    async def _tree(self, endpoint: Endpoint, prompt: str, labels: Sequence[str]) -> tuple[Tokens, LabelTree]:
        """The tokens before the first difference between labels, and the labels' paths from there."""
        head, tail = await self._cut(endpoint, prompt)
        whole = {label: await self._joined(endpoint, head, tail + label) for label in labels}
        # A label that another one begins with is told apart by the end of its line.
        for label in swallowed(whole):
            whole[label] = await self._joined(endpoint, head, tail + label + END_OF_LABEL)
        start = shared_beginning(list(whole.values()))
        if any(len(tokens) == len(start) for tokens in whole.values()):
            start = start[:-1]  # a single label
        return start, LabelTree({label: tokens[len(start) :] for label, tokens in whole.items()})

    async def _cut(self, endpoint: Endpoint, prompt: str) -> tuple[Tokens | None, str]:
        """Cut the prompt before its last line, so that only that line is made into tokens with each label.

        The last token of a text may change with what follows, so prompt and label can't be made into
        tokens apart. Where the model's tokens don't allow the cut (None), the whole prompt is taken each time.
        """
        tail = prompt[max(prompt.rfind("\n"), 0) :]
        whole = await tokens_of(self._session, endpoint, prompt, beginning=True)
        own = await tokens_of(self._session, endpoint, tail, beginning=False)
        if tail != prompt and whole[-len(own) :] == own:
            return whole[: -len(own)], tail
        return None, prompt

    async def _joined(self, endpoint: Endpoint, head: Tokens | None, text: str) -> Tokens:
        if head is None:
            return await tokens_of(self._session, endpoint, text, beginning=True)
        key = (endpoint.model, text)
        if key not in self._last_lines:
            if len(self._last_lines) >= REMEMBERED:
                self._last_lines.clear()
            self._last_lines[key] = await tokens_of(self._session, endpoint, text, beginning=False)
        return head + self._last_lines[key]

    async def _carrier(self, endpoint: Endpoint) -> int:
        """A token that is whole text in any model."""
        if endpoint.model not in self._carriers:
            tokens = await tokens_of(self._session, endpoint, "a", beginning=False)
            self._carriers[endpoint.model] = tokens[-1]
        return self._carriers[endpoint.model]
