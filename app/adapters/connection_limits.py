"""The limits of each connection, as set or as usual for its kind, and the gate that keeps them for all its callers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.adapters.call_clock import Clock, LoopClock
from app.adapters.call_gate import CallGate, CallLimits
from app.adapters.call_total import CallTotal
from app.adapters.connection import MOST, Connection, normal_name
from app.adapters.shared_places import SharedPlaces
from app.adapters.shared_rates import SharedRates
from app.sdk.gateway import Waiting

CLOUD = 16  # calls at a time, where the connection doesn't say
LOOPBACK = 8


def limits_of(connection: Connection, slots: int) -> CallLimits:
    """What holds for a connection; `slots` is how many calls a model of this computer answers side by side."""
    if connection.kind == "embedded":
        return CallLimits(slots)
    usual = LOOPBACK if connection.is_local else CLOUD
    is_set = connection.parallel is not None
    return CallLimits(connection.parallel or usual, connection.rpm, connection.tpm, is_set)


class ConnectionLimits:
    """One gate a connection, however many runs and steps call it; each model of this computer has its own.

    What is set holds for all processes that share `folder` (a window and a run in the terminal, or two of these). Where
    nobody has set how many calls go on at a time, each process makes as many as is usual. Belongs to one event loop.
    `slots` gives those of each model of this computer, `waits_for` what its calls wait for behind the gate.
    """

    def __init__(
        self,
        slots: Callable[[str], int],
        clock: Clock | None = None,
        total: int = MOST["parallel"],
        waits_for: Callable[[str], Waiting | None] = lambda _model: None,
        folder: Path | None = None,
    ) -> None:
        self._slots = slots
        self._waits_for = waits_for
        self._clock = clock or LoopClock()
        self._total = CallTotal(total)
        self._folder = folder
        self._rates: dict[str, SharedRates] = {}
        self._places: dict[str, SharedPlaces] = {}
        self._gates: dict[tuple[str, str], CallGate] = {}

    def gate(self, connection: Connection, model: str) -> CallGate:
        """The gate before a connection, with the limits that it has now."""
        limits = limits_of(connection, self._slots(model))
        place = (normal_name(connection.name), model if connection.kind == "embedded" else "")
        gate = self._gates.get(place)
        if gate is None:
            shared = self._shared(place[0])
            gate = self._gates[place] = CallGate(connection.name, limits, self._total, self._clock, *shared)
            if connection.kind == "embedded":
                gate.sends = False  # it waits for memory first, and for its model to be loaded
                gate.waits_for = partial(self._waits_for, model)
        gate.use(limits)
        return gate

    def close(self) -> None:
        for shared in (*self._rates.values(), *self._places.values()):
            shared.close()
        self._rates.clear()
        self._places.clear()
        self._gates.clear()

    def _shared(self, place: str) -> tuple[SharedRates | None, SharedPlaces | None]:
        """No file is made before something is kept in it."""
        if self._folder is None:
            return None, None
        file = self._folder / hashlib.sha256(place.encode()).hexdigest()[:24]
        rates = self._rates.setdefault(place, SharedRates(file.with_suffix(".rates")))
        return rates, self._places.setdefault(place, SharedPlaces(file.with_suffix(".places")))

    def lift(self, name: str) -> None:
        """The provider of a connection answers again: what it asked to wait is over."""
        for (place, _), gate in self._gates.items():
            if place == normal_name(name):
                gate.lift()
