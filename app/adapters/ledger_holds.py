"""What the runs of this process hold of the profile's limits, in memory and as rows that other processes see."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from decimal import Decimal
from typing import TypeAlias

from app.adapters.journal_codec import stored
from app.adapters.redaction import hide_known

Place: TypeAlias = tuple[str, str]  # run, connection

_KEEP = "INSERT OR REPLACE INTO ledger_holds (run, connection, held) VALUES (?, ?, ?)"
_DROP = "DELETE FROM ledger_holds WHERE run = ? AND connection = ?"


class Holds:
    """Amounts go up in the transaction that allows them, and down in the one that books what the calls have cost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: defaultdict[Place, Decimal] = defaultdict(Decimal)
        self._given_back: list[tuple[Place, Decimal]] = []
        self._writing: list[tuple[Place, Decimal]] = []

    @property
    def is_settled(self) -> bool:
        """Nothing is to be given back."""
        with self._lock:
            return not self._given_back and not self._writing

    def give_back(self, run: str, connection: str, amount: Decimal) -> None:
        with self._lock:
            self._given_back.append(((run, connection), amount))

    # The writer's thread, inside a transaction.

    def take(self, run: str, connection: str, amount: Decimal) -> None:
        with self._lock:
            self._held[run, connection] += amount

    def by_connection(self) -> dict[str, Decimal]:
        """What this process holds, without what this transaction gives back."""
        with self._lock:
            found: defaultdict[str, Decimal] = defaultdict(Decimal)
            for (_, connection), amount in self._held.items():
                found[connection] += amount
            for (_, connection), amount in self._writing:
                found[connection] -= amount
        return dict(found)

    @property
    def runs(self) -> frozenset[str]:
        with self._lock:
            return frozenset(run for run, _ in self._held)

    def write(self, connection: sqlite3.Connection) -> None:
        """Gives back what is to be given back."""
        with self._lock:
            self._writing += self._given_back
            self._given_back = []
            places = {place for place, _ in self._writing}
        for place in places:
            self.write_place(connection, place)

    def write_place(self, connection: sqlite3.Connection, place: Place) -> None:
        with self._lock:
            left = self._held[place] - sum(amount for other, amount in self._writing if other == place)
        key = tuple(stored(hide_known(name)) for name in place)
        if left:
            connection.execute(_KEEP, (*key, str(left)))
        else:
            connection.execute(_DROP, key)

    def ended(self, *, well: bool) -> None:
        with self._lock:
            if well:
                for place, amount in self._writing:
                    self._held[place] -= amount
                    if not self._held[place]:
                        del self._held[place]
            else:
                self._given_back[:0] = self._writing
            self._writing = []
