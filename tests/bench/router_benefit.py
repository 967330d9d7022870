"""What a learned Smart pick saves on texts that it has not seen, against always cheap and always strong.

Seeded draws: which texts are hard for the cheap model is a rule that the router can't see (a topic, the length, the
writing, or nothing at all). Prints a table; `python -m tests.bench.router_benefit`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

from app.sdk.fields import ModelChoice
from app.sdk.router import Example, Router, by_router, learned

CHEAP, STRONG = ModelChoice(role="small"), ModelChoice(role="strong")
COST = {"small": 1.0, "strong": 10.0}
WANTED = 0.8
UNSEEN = 400
SEEDS = range(10)
WORDS = (
    *("please", "my", "order", "was", "late", "need", "about", "with", "today", "hello", "thanks"),
    *("account", "number", "parcel", "again", "since", "week"),
)
HARD = ("contract", "liability", "clause", "warranty")
EASY = ("refund", "invoice", "password", "delivery")
CHINESE = "请问我的订单什么时候可以收到谢谢"


@dataclass(frozen=True)
class Draw:
    """A text and how likely each model passes on it."""

    text: str
    chance: Mapping[str, float]


def draw(chance: random.Random, hidden: str) -> Draw:
    topic, size = chance.choice(HARD + EASY), chance.choice((8, 60))
    writing = chance.choice(("latin", "chinese"))
    body = [chance.choice(WORDS) for _ in range(size)] if writing == "latin" else list(CHINESE * (size // 8))
    body.insert(chance.randrange(len(body)), topic)
    is_hard: Mapping[str, Callable[[], bool]] = {
        "topic": lambda: topic in HARD,
        "length": lambda: size > 8,
        "writing": lambda: writing == "chinese",
        "nothing": lambda: chance.random() < 0.5,
    }
    cheap = 0.3 if is_hard[hidden]() else 0.96
    return Draw(" ".join(body), {"small": cheap, "strong": 0.95})


def taught(seed: int, hidden: str, seen: int) -> tuple[Router, list[Draw]]:
    """A router that has seen so many texts, and texts that it has not."""
    chance = random.Random(f"{seed} {hidden}")
    examples: list[Example] = []
    for _ in range(seen):
        one = draw(chance, hidden)
        examples += [Example(one.text, name, chance.random() < p) for name, p in one.chance.items()]
    return learned(examples), [draw(chance, hidden) for _ in range(UNSEEN)]


def measured(seed: int, hidden: str, seen: int) -> tuple[float, float]:
    """The share that passes and the cost a text, with the router."""
    router, unseen = taught(seed, hidden, seen)
    passed, cost = [], []
    for one in unseen:
        picked = by_router((CHEAP, STRONG), router, WANTED, one.text)
        role = picked.model.role if picked else "strong"
        passed.append(one.chance[role])
        cost.append(COST[role])
    return fmean(passed), fmean(cost)


def always(role: str, seed: int, hidden: str) -> tuple[float, float]:
    _, unseen = taught(seed, hidden, 0)
    return fmean(one.chance[role] for one in unseen), COST[role]


def main() -> None:
    print(f"{'hard is':<10}{'seen':>6}{'passes':>9}{'cost':>7}   cheap passes   strong passes, cost")
    for hidden in ("topic", "length", "writing", "nothing"):
        cheap, _ = map(fmean, zip(*(always("small", seed, hidden) for seed in SEEDS), strict=True))
        strong, dear = map(fmean, zip(*(always("strong", seed, hidden) for seed in SEEDS), strict=True))
        for seen in (40, 200, 400):
            share, cost = map(fmean, zip(*(measured(seed, hidden, seen) for seed in SEEDS), strict=True))
            print(
                f"{hidden:<10}{seen:>6}{share:>9.3f}{cost:>7.2f}   {cheap:>12.3f}   {strong:>13.3f}, {dear:.0f}"
            )


if __name__ == "__main__":
    main()
