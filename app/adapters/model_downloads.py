"""Downloads of models: each goes on where it broke off, is checked, and only then put among the models."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from app.adapters.download_ways import Arrival, arriving
from app.adapters.egress import Egress
from app.adapters.model_files import ENDING, ModelFiles, facts_of_file
from app.adapters.model_offers import ModelOffer
from app.adapters.partial_file import PartialFile, Wanted, unfinished
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError

# waiting: for the server to answer again. elsewhere: another process is at it.
TransferState: TypeAlias = Literal["running", "waiting", "checking", "paused", "failed", "done", "elsewhere"]

RESERVE = 256 * 2**20  # bytes that a download leaves free on the disk
MOST_TRIES = 6  # without a byte in between
_MB = 1_000_000
_AT_ONCE = 2**20  # bytes written at a time
_SECONDS_SEEN = 5.0  # over which the speed is taken
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """One download as it stands. `speed` in bytes a second and `left` in seconds, None: not known (yet)."""

    name: str
    url: str
    state: TransferState
    received: int = 0
    size: int | None = None
    speed: float | None = None
    left: float | None = None
    problem: Problem | None = None


@dataclass
class _Download:
    part: PartialFile
    state: TransferState = "paused"
    received: int = 0
    checked: int = 0
    problem: Problem | None = None
    task: asyncio.Task[None] | None = None
    seen: deque[tuple[float, int]] = field(default_factory=lambda: deque[tuple[float, int]](maxlen=200))

    def count(self, size: int) -> None:
        self.received = size
        now = time.monotonic()
        self.seen.append((now, size))
        while now - self.seen[0][0] > _SECONDS_SEEN and len(self.seen) > 2:
            self.seen.popleft()

    def transfer(self) -> Transfer:
        wanted, speed = self.part.wanted, self._speed()
        state = "elsewhere" if self.task is None and self.part.is_elsewhere else self.state
        received = self.part.size if state == "elsewhere" else self.received
        left = (wanted.size - received) / speed if wanted.size and speed else None
        if state == "checking":
            received = self.checked
        return Transfer(wanted.name, wanted.url, state, received, wanted.size, speed, left, self.problem)

    def _speed(self) -> float | None:
        if self.state != "running" or len(self.seen) < 2:
            return None
        (began, before), (now, size) = self.seen[0], self.seen[-1]
        return (size - before) / (now - began) if now > began else None


class ModelDownloads:
    """Those of one profile. Belongs to one event loop; `close` pauses what is under way."""

    def __init__(self, files: ModelFiles, egress: Egress, *, wait: float = 1.0) -> None:
        self._files = files
        self._egress = egress
        self._wait = wait  # seconds before the first new try
        self._folder = files.folder / "unfinished"
        self._downloads: dict[str, _Download] | None = None

    def transfers(self) -> tuple[Transfer, ...]:
        """All that are not through, and those that were finished since the start."""
        return tuple(one.transfer() for one in self._all().values())

    def start(self, offer: ModelOffer, name: str = "") -> str:
        """Begins to download what was looked at; gives the model's name. Raises ProblemError, OSError."""
        known = next((one for one in self._all().values() if one.part.wanted.url == offer.url), None)
        if known is not None and known.state != "done":
            raise ProblemError(Problem("model.download_begun", args={"model": known.part.wanted.name}))
        model = self._free_name(name or offer.name)
        wanted = Wanted(offer.url, model, offer.size, offer.digest, offer.hosts)
        part = PartialFile(self._folder, wanted)
        self._folder.mkdir(parents=True, exist_ok=True)
        _check_room(part)
        part.discard()
        part.note()
        self._all()[model] = _Download(part)
        self.resume(model)
        return model

    def resume(self, name: str) -> None:
        """Goes on with one that was paused or failed. Raises ProblemError `model.download_*`."""
        download = self._get(name)
        if download.task is None and download.state != "done":
            download.problem = None
            download.state = "running"
            download.received = download.part.size
            download.task = asyncio.get_running_loop().create_task(self._work(download))

    async def pause(self, name: str) -> None:
        """What has come stays. Raises ProblemError."""
        download = self._get(name)
        if download.task is not None:
            download.task.cancel()
            await asyncio.gather(download.task, return_exceptions=True)

    async def cancel(self, name: str) -> None:
        """Nothing of it stays. Raises ProblemError."""
        await self.pause(name)
        download = self._get(name)
        if download.state != "done" and download.part.take():
            download.part.discard()
            download.part.let_go()
        self._all().pop(name, None)

    async def wait(self, name: str) -> Transfer:
        """Until it is through, paused or failed. Raises ProblemError."""
        download = self._get(name)
        if download.task is not None:
            await asyncio.wait([download.task])
        return download.transfer()

    async def close(self) -> None:
        """Pauses all; they can go on another day."""
        for name in list(self._downloads or ()):
            await self.pause(name)

    def _all(self) -> dict[str, _Download]:
        if self._downloads is None:
            self._downloads = {
                part.wanted.name: _Download(part, received=part.size) for part in unfinished(self._folder)
            }
        return self._downloads

    def _get(self, name: str) -> _Download:
        download = self._all().get(name)
        if download is None:
            raise ProblemError(Problem("model.download_unknown", args={"model": name}))
        return download

    def _free_name(self, wanted: str) -> str:
        name = self._files.free_name(wanted)
        begun: Mapping[str, _Download] = self._all()
        while name in begun and begun[name].state != "done":
            name = self._files.free_name(f"{name} new")
        return name

    async def _work(self, download: _Download) -> None:
        part = download.part
        try:
            if not await asyncio.to_thread(part.take):
                raise ProblemError(Problem("model.download_elsewhere", args={"model": part.wanted.name}))
            await self._receive(download)
            download.state = "checking"
            await self._check_and_put(download)
            download.state = "done"
        except asyncio.CancelledError:
            download.state = "paused"
            raise
        except ProblemError as error:
            download.state, download.problem = "failed", error.problems[0]
        except NodeError as error:
            download.state, download.problem = "failed", Problem(error.code, args=error.args_by_name)
        except OSError as error:
            download.state, download.problem = "failed", _disk_problem(error)
        finally:
            download.task = None
            part.let_go()

    async def _receive(self, download: _Download) -> None:
        """Tries again, later and later, as long as something comes in between."""
        tries = 0
        while True:
            before = download.received
            try:
                download.state = "running"
                await self._receive_once(download)
            except NodeError as error:
                tries = 0 if download.received > before else tries + 1
                if not error.may_pass or tries >= MOST_TRIES:
                    raise
                download.state = "waiting"
                download.seen.clear()
                await asyncio.sleep(min(self._wait * 2**tries, _LONGEST_WAIT))
            else:
                return

    async def _receive_once(self, download: _Download) -> None:
        part = download.part
        wanted, have = part.wanted, part.size
        if have and not wanted.validator:  # nobody can say whether it is still the same file
            await asyncio.to_thread(part.begin_anew)
            have = 0
        if wanted.size and have >= wanted.size:
            download.received = have
            return
        _check_room(part)
        headers = {"Range": f"bytes={have}-", "If-Range": wanted.validator} if have else {}
        async with arriving(self._egress, wanted.url, headers, wanted.hosts.__contains__) as arrival:
            if await self._is_no_use(download, arrival, have):
                raise NodeError("net.cut_off", host=wanted.hosts[0])
            await self._take_in(download, arrival)
        if wanted.size and part.size < wanted.size:
            raise NodeError("net.cut_off", host=wanted.hosts[0])

    async def _is_no_use(self, download: _Download, arrival: Arrival, have: int) -> bool:
        """Whether what comes doesn't go on where we are; then the next try begins anew."""
        part = download.part
        if arrival.size is not None and part.wanted.size is not None and arrival.size != part.wanted.size:
            raise ProblemError(Problem("model.download_changed", args={"host": arrival.hosts[-1]}))
        changed = have > 0 and arrival.validator != part.wanted.validator
        no_use = arrival.reply.status == 416 or (arrival.begins != 0 and (changed or arrival.begins != have))
        if no_use or arrival.begins == 0:  # the whole file from its beginning
            await asyncio.to_thread(part.begin_anew)
            download.received = 0
        size = part.wanted.size or arrival.size
        await asyncio.to_thread(part.note, validator="" if no_use else arrival.validator, size=size)
        return no_use

    async def _take_in(self, download: _Download, arrival: Arrival) -> None:
        part, waiting = download.part, bytearray()
        have, size = part.size, part.wanted.size
        download.count(have)
        try:
            async for chunk in arrival.reply.chunks():
                waiting += chunk
                if size is not None and have + len(waiting) > size:
                    raise ProblemError(Problem("model.download_changed", args={"host": arrival.hosts[-1]}))
                download.count(have + len(waiting))
                if len(waiting) >= _AT_ONCE:
                    data, waiting = bytes(waiting), bytearray()
                    have += len(data)
                    await _written(part, data)
                    if size is None:
                        _check_room(part)
        finally:
            if waiting:
                part.append(bytes(waiting))
            download.count(part.size)

    async def _check_and_put(self, download: _Download) -> None:
        part = download.part
        wanted = part.wanted

        def heard(through: int) -> None:
            download.checked = through

        digest = await asyncio.to_thread(part.digest, heard)
        try:
            if wanted.digest and digest != wanted.digest:
                raise ProblemError(
                    Problem(
                        "model.download_wrong",
                        args={"model": wanted.name, "wanted": wanted.digest, "found": digest},
                    )
                )
            await asyncio.to_thread(facts_of_file, part.path)
        except ProblemError:
            await asyncio.to_thread(part.begin_anew)
            await asyncio.to_thread(part.note, validator="")
            download.received = 0
            raise
        target = self._files.folder / f"{wanted.name}{ENDING}"
        try:
            await asyncio.to_thread(part.put, target)
        except FileExistsError:
            raise ProblemError(Problem("model.download_taken", args={"model": wanted.name})) from None
        stamp = self._files.get(wanted.name).stamp
        with contextlib.suppress(OSError):  # the model is there; where it came from is a note
            self._files.records.put(wanted.name, digest=digest, stamp=stamp, source=wanted.url)


async def _written(part: PartialFile, data: bytes) -> None:
    """Whole or not at all, also where the download is paused meanwhile."""
    writing = asyncio.ensure_future(asyncio.to_thread(part.append, data))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise


def _check_room(part: PartialFile) -> None:
    needed, free = (part.wanted.size or 0) - part.size, part.free()
    if needed + RESERVE > free:
        raise ProblemError(
            Problem("model.download_no_room", args={"needed": -(-max(needed, 0) // _MB), "free": free // _MB})
        )


def _disk_problem(error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem("model.download_disk_full")
    return Problem("model.download_not_saved", args={"detail": error.strerror or type(error).__name__})
