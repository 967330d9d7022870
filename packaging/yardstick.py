"""How slow this machine is at present: limits of CPU time are for the machine on which they were set."""

from __future__ import annotations

import time

REFERENCE = 0.050  # CPU seconds that the work below takes there
_CLASS = """
class C{i}:
    x = {{"a": {i}, "b": [{i}, {number}]}}

    def f(self): return self.x
"""
ROUNDS = 3  # the best of a few: others on the machine make caches cold


def slowness() -> float:
    """How many times as much CPU time as there Python needs here for the same work; never less than 1."""
    return max(1.0, min(_work() for _ in range(ROUNDS)) / REFERENCE)


def _work() -> float:
    """What a starting program does: code is made, classes and many small objects."""
    begun = time.process_time()
    for number in range(200):
        lines = [_CLASS.format(i=i, number=number) for i in range(10)]
        made: dict[str, object] = {}
        exec(compile("\n".join(lines), "yardstick", "exec"), made)  # noqa: S102 - our own text
        sorted(str(key) * 3 for key in range(500))
    return time.process_time() - begun
