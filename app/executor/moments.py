"""Moments that outlive a process: how long ago something was, after a restart of the program or the machine too."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from app.sdk.data_types import Value


@dataclass(frozen=True, slots=True)
class Moment:
    """`wall` is in seconds since 1970, by a clock that people and programs may set. `steady` is in seconds by one that
    nobody sets, which counts while the machine sleeps and begins with each of its starts; `boot` names this start, ""
    where the system doesn't say.
    """

    wall: float
    boot: str = ""
    steady: float = 0.0


def wall_moment() -> Moment:
    return Moment(time.time())


def between(earlier: Moment, later: Moment) -> float:
    """Seconds, by the steady clock where the machine was not started anew meanwhile; never less than none."""
    same = earlier.boot and earlier.boot == later.boot
    return max(0.0, later.steady - earlier.steady if same else later.wall - earlier.wall)


def plain_moment(moment: Moment) -> dict[str, Value]:
    return {"wall": moment.wall, "boot": moment.boot, "steady": moment.steady}


def moment_of(plain: Mapping[str, Value]) -> Moment:
    """The reverse. Raises KeyError, ValueError."""
    return Moment(float(str(plain["wall"])), str(plain["boot"]), float(str(plain["steady"])))
