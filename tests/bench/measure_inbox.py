"""Measures how well the embedded model sorts the inbox of the starter: cheap, stronger and the cascade of both.

Run as `python -m tests.bench.measure_inbox` for the scored messages, or with the file of other ones: prompt, labels,
examples and the least confidence were chosen on tests/fixtures/inbox-tuning.jsonl, and inbox-hard.jsonl beside it
holds messages written to be hard. One thread, about three minutes. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from aiohttp import ClientSession

from app.adapters.embedded_model import EmbeddedHost, Endpoint
from app.adapters.host_messages import HostConfiguration
from app.adapters.label_scoring import LabelScorer
from app.adapters.model_files import bundled_model_path
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import JsonObject
from app.events.accuracy import wilson
from app.processes import children
from app.sdk.gateway import LabelScores, ScoreRequest
from app.sdk.testing import ScriptedModels, run_node
from nodes.intent.classify import Classify

ROOT = Path(__file__).resolve().parents[2]
SCORED = ROOT / "tests/fixtures/inbox-scored.jsonl"
FIELDS = ROOT / "tests/fixtures/inbox-fields.json"
HOST = [sys.executable, "-P", "-m", "app.processes.model_host"]
STEPS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Message:
    text: str
    answer: str
    language: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What came of one message in one arm."""

    message: Message
    label: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.label == self.message.answer


@dataclass
class EmbeddedModels(ScriptedModels):
    """The embedded model's label scores as a node sees them, and the tokens that they took."""

    scorer: LabelScorer | None = None
    endpoint: Endpoint | None = None
    usage: Usage = NO_USAGE

    async def score(self, request: ScoreRequest) -> LabelScores:
        assert self.scorer is not None
        assert self.endpoint is not None
        begun = perf_counter()
        scored = await self.scorer.score(self.endpoint, request.prompt, request.labels)
        self.usage += scored.usage
        return LabelScores(scored.probabilities, scored.usage, self.endpoint.model, perf_counter() - begun)


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to sort, its results, and what it took on average for one message."""

    name: str
    results: Sequence[Sorted]
    cpu_seconds: float
    usage: Usage

    def line(self) -> str:
        right, n = sum(r.right for r in self.results), len(self.results)
        read = (self.usage.input - self.usage.cached) / n
        return f"| {self.name} | {accuracy(right, n)} | {self.cpu_seconds / n:.2f} s | {read:.0f} |"


def accuracy(right: int, n: int) -> str:
    low, high = wilson(right, n)
    return f"{right} of {n} | {right / n:.1%} | {low:.1%}–{high:.1%}"


def messages(path: Path) -> list[Message]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Message(row["message"], row["answer"], row["language"]) for row in rows]


def cpu_seconds(pid: int) -> float:
    """The host's CPU time so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def arm(
    name: str, fields: JsonObject, inbox: Sequence[Message], models: EmbeddedModels, pid: int
) -> Arm:
    models.usage, before, results = NO_USAGE, cpu_seconds(pid), list[Sorted]()
    for message in inbox:
        outputs = (await run_node(Classify, fields, {"text": message.text}, models=models)).outputs
        label, confidence = outputs["label"], outputs["confidence"]
        assert isinstance(label, str)
        assert isinstance(confidence, float)
        results.append(Sorted(message, label, confidence))
    return Arm(name, results, cpu_seconds(pid) - before, models.usage)


def cascade(cheap: Sequence[Sorted], stronger: Sequence[Sorted], least: float) -> list[Sorted]:
    return [
        first if first.confidence >= least else second for first, second in zip(cheap, stronger, strict=True)
    ]


def table_of_arms(arms: Sequence[Arm], least: float) -> list[str]:
    cheap, stronger = arms[0], arms[1]
    both = cascade(cheap.results, stronger.results, least)
    low = sum(r.confidence < least for r in cheap.results)
    share = low / len(both)
    usage = cheap.usage + Usage(
        *(round(share * part) for part in (stronger.usage.input, 0, stronger.usage.cached))
    )
    joined = Arm(f"cascade at {least}", both, cheap.cpu_seconds + share * stronger.cpu_seconds, usage)
    counted = Counter(r.message.answer for r in cheap.results)
    label, most = counted.most_common(1)[0]
    head = [
        "| way | right | accuracy | 95 % interval | CPU a message | tokens read a message |",
        "|---|---|---|---|---|---|",
    ]
    base = f"| always “{label}” (baseline) | {accuracy(most, len(both))} | 0 | 0 |"
    return [*head, base, *(a.line() for a in (cheap, stronger, joined, *arms[2:]))]


def table_of_confidence(cheap: Sequence[Sorted], stronger: Sequence[Sorted]) -> list[str]:
    """Whether low confidence finds the errors: what goes on at each threshold, and what comes of it."""
    lines = [
        "| least confidence | go on | errors among them | right among the rest | cascade right |",
        "|---|---|---|---|---|",
    ]
    wrong = sum(not r.right for r in cheap)
    for least in STEPS:
        on = [r for r in cheap if r.confidence < least]
        stay = [r for r in cheap if r.confidence >= least]
        right = sum(r.right for r in cascade(cheap, stronger, least))
        kept = f"{sum(r.right for r in stay)} of {len(stay)}"
        found = f"{sum(not r.right for r in on)} of {wrong}"
        lines.append(
            f"| {least} | {len(on)} ({len(on) / len(cheap):.0%}) | {found} | {kept} | {right} of {len(cheap)} |"
        )
    return lines


def table_of_calibration(results: Sequence[Sorted]) -> list[str]:
    """Whether the confidence means what it says."""
    lines = ["| confidence | messages | mean confidence | right |", "|---|---|---|---|"]
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        part = [r for r in results if low <= r.confidence < high]
        if part:
            mean = sum(r.confidence for r in part) / len(part)
            right = sum(r.right for r in part) / len(part)
            lines.append(f"| {low:.1f}–{min(high, 1):.1f} | {len(part)} | {mean:.2f} | {right:.0%} |")
    return lines


def table_of_errors(arms: Sequence[Arm]) -> list[str]:
    cheap, stronger = arms[0].results, arms[1].results
    lines = ["| message | answer | cheap | stronger |", "|---|---|---|---|"]
    for first, second in zip(cheap, stronger, strict=True):
        if not (first.right and second.right):
            said = (f"{r.label} {r.confidence:.2f}" for r in (first, second))
            lines.append(f"| {first.message.text} | {first.message.answer} | {' | '.join(said)} |")
    return lines


async def measure(inbox: Sequence[Message]) -> None:
    path = bundled_model_path()
    assert path is not None
    fields = json.loads(FIELDS.read_text(encoding="utf-8"))
    host = EmbeddedHost(children, HOST, HostConfiguration(str(path), threads=1, slots=1))
    arms_wanted = {
        "cheap": fields["cheap"],
        "stronger": fields["stronger"],
        "cheap, not evened out": {**fields["cheap"], "calibrate": False},
        "stronger, not evened out": {**fields["stronger"], "calibrate": False},
    }
    async with ClientSession() as session, host.lease() as endpoint:
        models = EmbeddedModels(scorer=LabelScorer(session), endpoint=endpoint)
        assert host.pid is not None
        for language in dict.fromkeys(message.language for message in inbox):
            part = [message for message in inbox if message.language == language]
            arms = [await arm(name, wanted, part, models, host.pid) for name, wanted in arms_wanted.items()]
            show(language, arms, fields["least_confidence"])
    await host.stop()


def show(language: str, arms: Sequence[Arm], least: float) -> None:
    tables: Mapping[str, Sequence[str]] = {
        f"{language}: how many are right": table_of_arms(arms, least),
        f"{language}: does low confidence find the errors?": table_of_confidence(
            arms[0].results, arms[1].results
        ),
        f"{language}: does the confidence mean what it says? (cheap)": table_of_calibration(arms[0].results),
        f"{language}: what went wrong": table_of_errors(arms),
    }
    for title, lines in tables.items():
        print(f"\n### {title}\n")
        print("\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", nargs="?", type=Path, default=SCORED, help="a JSONL file")
    asyncio.run(measure(messages(parser.parse_args().messages)))
