"""A result of a Map as a list that is read from the journal while it is gone through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from app.document.workflow import Json, JsonObject
from app.executor.digests import ListDigest, digest_of
from app.executor.journal import ItemRecord, Journal, JournalError, Place
from app.sdk.data_types import LazyList, Value

Failed: TypeAlias = Literal["as_error", "as_nothing", "left_out", "only"]

_PAGE = 256


class ItemList(LazyList):
    """`name` is the result; `failed` says what stands for elements that failed. `count` is the list's length, `total`
    that of the source.

    It outlives the life of the run that made it. Where a later one reads the elements anew and finds the same, it finds
    them too; where others came in between, going through it ends with a JournalError. One without a `digest` was made
    of the records as they are, and has nothing to differ from.
    """

    def __init__(
        self, journal: Journal, frame: Place, name: str, failed: Failed, count: int, total: int, digest: str
    ) -> None:
        self._journal = journal
        self._frame = frame
        self._name = name
        self._failed: Failed = failed
        self._count = count
        self._total = total
        self._digest = digest

    @property
    def digest(self) -> str:
        return self._digest

    def reference(self) -> JsonObject:
        return {
            "kind": "items",
            "frame": self._frame,
            "name": self._name,
            "failed": self._failed,
            "count": self._count,
            "total": self._total,
            "digest": self._digest,
        }

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        left = self._count
        came = ItemsDigest() if self._digest and not self._journal.is_fresh else None
        for first in range(0, self._total, _PAGE):
            for item in self._journal.page(self._frame, first, min(_PAGE, self._total - first)):
                if came is not None:
                    came.add(item)
                for value in values_of_item(item, self._name, self._failed):
                    left -= 1
                    yield value
        if left > 0 or (came and came.of(self._name, self._failed, self._total) != self._digest):
            raise self._not_whole()

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, int) or self._failed in ("left_out", "only"):
            return super().__getitem__(index)
        place = index + self._count if index < 0 else index
        page = self._journal.page(self._frame, place, 1) if 0 <= place < self._count else ()
        for item in page:
            return next(iter(values_of_item(item, self._name, self._failed)))
        raise self._not_whole() if 0 <= place < self._count else IndexError(index)

    def _not_whole(self) -> JournalError:
        """A later life of the run reads the elements anew, and isn't through, or had others."""
        return JournalError("journal.list_not_whole", self._frame)


class ItemsDigest:
    """The digests of a Map's results, of which the elements may come in any order."""

    def __init__(self) -> None:
        self._done: dict[str, ListDigest] = {}
        self._wrong = ListDigest()

    def add(self, item: ItemRecord) -> None:
        if item.status != "done":
            self._wrong.add(item.number, error_row(item))
            return
        for name, value in item.outputs.items():
            self._done.setdefault(name, ListDigest()).add(item.number, value)

    def of(self, name: str, failed: Failed, total: int) -> str:
        """That of the list of one result."""
        done = self._done[name].value if name in self._done else ""
        return digest_of([failed, total, done, self._wrong.value])


def values_of_item(item: ItemRecord, name: str, failed: Failed) -> tuple[Value, ...]:
    """What stands for an element in the list: one value, or none."""
    if item.status == "done":
        return () if failed == "only" else (item.outputs.get(name),)
    if failed == "as_nothing":
        return (None,)
    return () if failed == "left_out" else (error_row(item),)


def error_row(item: ItemRecord) -> dict[str, Json]:
    """A record that says what was wrong with an element; its own values stand beside it."""
    failure = item.failure
    args = {k: list(v) if isinstance(v, tuple) else v for k, v in failure.args.items()} if failure else {}
    said: dict[str, Json] = {"code": failure.code if failure else item.status, "step": item.node, **args}
    return {**item.values, "number": item.number + 1, "error": said}
