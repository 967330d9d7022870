"""How often a number has come before, of any many numbers: some twenty bytes for each of them, and no object."""

from __future__ import annotations

from array import array

_FEW = 4096  # so many are a plain set; as many repeated ones are remembered with their counts
_PARTS = 64  # tables, so that making one larger is soon done
_FULL = 0.7  # share of a table
_STEP = 0x9E3779B97F4A7C15  # the fraction of the golden ratio: multiples of it lie far apart
_ALL_BITS = (1 << 64) - 1


class Seen:
    """Numbers of 64 bits that lie as if by chance, as digests do."""

    def __init__(self) -> None:
        self._few: set[int] = set()
        self._parts: list[array[int]] = []  # open addressing; 0 is free
        self._free: list[int] = []  # places of each that may still be taken
        self._again: dict[int, int] = {}  # what was counted lately; the rest can be counted again

    def times(self, number: int) -> int:
        """The how manieth time it is that this number comes: 1 at first."""
        if self._add(number):
            return 1
        again = self._again.get(number) or self._counted(number)
        if len(self._again) >= _FEW:
            self._again.clear()
        self._again[number] = again + 1
        self._add(_repeated(number, again + 1))
        return again + 1

    def _counted(self, number: int) -> int:
        """How often it came; each time but the first has a number of its own, and none is left out."""
        least, most = 1, 2
        while self._has(_repeated(number, most)):
            least, most = most, most * 2
        while most - least > 1:
            middle = (least + most) // 2
            if self._has(_repeated(number, middle)):
                least = middle
            else:
                most = middle
        return least

    def _has(self, number: int) -> bool:
        if not self._parts:
            return number in self._few
        number = number or 1
        part = self._parts[number % _PARTS]
        last = len(part) - 1
        at = number >> 6 & last
        while there := part[at]:
            if there == number:
                return True
            at = at + 1 & last
        return False

    def _add(self, number: int) -> bool:
        """False where it is there already."""
        if not self._parts:
            if number in self._few:
                return False
            self._few.add(number)
            if len(self._few) > _FEW:
                self._spread()
            return True
        number = number or 1
        which = number % _PARTS
        part = self._parts[which]
        last = len(part) - 1
        at = number >> 6 & last
        while there := part[at]:
            if there == number:
                return False
            at = at + 1 & last
        part[at] = number
        self._free[which] -= 1
        if not self._free[which]:
            self._enlarge(which)
        return True

    def _enlarge(self, which: int) -> None:
        size = len(self._parts[which])
        self._parts[which] = _larger(self._parts[which])
        self._free[which] = int(_FULL * size)  # as many more

    def _spread(self) -> None:
        few, self._few = self._few, set()
        self._parts = [_empty(2 * _FEW // _PARTS) for _ in range(_PARTS)]
        self._free = [int(_FULL * len(part)) for part in self._parts]
        for number in few:
            self._add(number)


def _repeated(number: int, time: int) -> int:
    """What stands for the second, third, … time of a number."""
    return number + time * _STEP & _ALL_BITS


def _empty(size: int) -> array[int]:
    return array("Q", bytes(8 * size))


def _larger(part: array[int]) -> array[int]:
    larger = _empty(2 * len(part))
    last = len(larger) - 1
    for number in part:
        if number:
            at = number >> 6 & last
            while larger[at]:
                at = at + 1 & last
            larger[at] = number
    return larger
