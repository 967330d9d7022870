"""New versions are told by whoever has the key and by nobody else; asking gives nothing away."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.adapters.egress import Egress
from app.adapters.version_note import NotGenuineError, VersionNote, order_of, read_note, write_note
from app.adapters.version_source import VersionSource, read_source, shipped_source
from app.adapters.version_watch import WEEK, VersionWatch
from app.document.problem import ProblemError
from tests.servers.files import FileServer

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PAGE = "https://baton.invalid/download"
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def note(
    version: str = "1.3.0",
    *,
    made: datetime = START - DAY,
    until: datetime = START + 90 * DAY,
    key: Ed25519PrivateKey = KEY,
) -> bytes:
    return write_note(VersionNote(version, made, until), key.private_bytes_raw())


@dataclass
class World:
    """A program of version 1.2.0 at a time that the test tells, and the server that it asks."""

    file: Path
    egress: Egress
    server: FileServer
    now: datetime = START
    keys: tuple[str, ...] = field(default_factory=lambda: (public(KEY),))
    path: str = "/new"

    @property
    def watch(self) -> VersionWatch:
        """As a new start of the program finds it."""
        source = VersionSource(self.server.url(self.path), PAGE, self.keys)
        return VersionWatch(self.egress, source, self.file, "1.2.0", lambda: self.now)

    async def refusal(self) -> str:
        with pytest.raises(ProblemError) as caught:
            await self.watch.look()
        return caught.value.problems[0].code

    async def weekly(self) -> str:
        """What a week later is told without being asked."""
        await self.watch.look_weekly()
        self.now += WEEK
        return (await self.watch.look_weekly()).version


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    egress = Egress()
    async with FileServer(note()) as server:
        yield World(tmp_path / "state" / "new_version.json", egress, server)
    await egress.close()


async def test_a_newer_version_is_told_with_where_to_get_it(world: World) -> None:
    news = await world.watch.look()
    assert (news.version, news.installed, news.page) == ("1.3.0", "1.2.0", PAGE)


async def test_the_request_carries_nothing_but_the_path(world: World) -> None:
    await world.watch.look()
    (asked,) = world.server.asked
    assert asked.path == "/new"
    assert asked.headers == {
        "host": f"127.0.0.1:{world.server.port}",
        "user-agent": "Baton",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


@pytest.mark.parametrize("version", ["1.2.0", "1.1.9", "1.2.0rc3", "0.9.0"])
async def test_the_same_or_an_older_version_is_no_news(world: World, version: str) -> None:
    world.server.content = note(version)
    assert (await world.watch.look()).version == ""


@pytest.mark.parametrize(
    "content",
    [
        note(key=OTHER),
        note().replace(b"1.3.0", b"9.3.0"),
        json.dumps({"note": '{"version": "1.3.0"}', "signature": ""}).encode(),
        json.dumps({"note": '{"version": "1.3.0"}'}).encode(),
        b"<html>Please log in to this network</html>",
        b"",
        b"\xff\xfe",
        note("1.3.0.4"),
        note("newest"),
    ],
    ids=["other key", "changed", "no signature", "none at all", "a page", "empty", "bytes", "four", "word"],
)
async def test_what_is_not_signed_by_the_makers_is_not_believed(world: World, content: bytes) -> None:
    world.server.content = content
    assert await world.refusal() == "version.not_genuine"
    assert await world.weekly() == ""


async def test_a_signature_for_another_purpose_is_none(world: World) -> None:
    words = json.dumps({"format": "baton.version", "version": "1.3.0", "made": "2026-04-30T00:00:00+00:00",
                        "until": "2027-01-01T00:00:00+00:00"})  # fmt: skip
    signature = base64.b64encode(KEY.sign(words.encode())).decode()
    world.server.content = json.dumps({"note": words, "signature": signature}).encode()
    assert await world.refusal() == "version.not_genuine"


async def test_a_second_key_may_take_the_place_of_the_first(world: World) -> None:
    world.keys = (public(KEY), public(OTHER))
    world.server.content = note(key=OTHER)
    assert (await world.watch.look()).version == "1.3.0"


async def test_an_old_note_shown_again_is_not_believed(world: World) -> None:
    old, world.server.content = note("1.3.0", made=START - 9 * DAY), note("1.4.0")
    assert (await world.watch.look()).version == "1.4.0"
    world.server.content = old
    assert await world.refusal() == "version.out_of_date"
    world.now += WEEK
    assert (await world.watch.look_weekly()).version == ""


async def test_a_note_whose_time_is_over_is_not_believed(world: World) -> None:
    world.now = START + 90 * DAY
    assert await world.refusal() == "version.out_of_date"


async def test_a_note_from_the_future_is_not_believed(world: World) -> None:
    world.server.content = note(made=START + 2 * DAY)
    assert await world.refusal() == "version.out_of_date"
    world.now += 2 * DAY
    assert (await world.watch.look()).version == "1.3.0", "nothing was remembered of it"


async def test_a_huge_answer_is_not_read(world: World) -> None:
    world.server.content = b" " * 100_000 + note()
    assert await world.refusal() == "version.unreachable"
    assert await world.weekly() == ""


@pytest.mark.parametrize("status", [404, 500, 304])
async def test_a_server_that_has_no_note_gave_no_answer(world: World, status: int) -> None:
    world.server.status = status
    assert await world.refusal() == "version.unreachable"


async def test_nobody_there_is_said_when_asked_and_silent_else(world: World) -> None:
    async with FileServer(b"") as gone:
        pass
    gone.asked.clear()
    world.server = gone
    assert await world.refusal() == "version.unreachable"
    assert await world.weekly() == ""


async def test_a_note_that_lies_elsewhere_is_followed(world: World) -> None:
    async with FileServer(note("1.5.0")) as storage:
        world.server.leads_to = storage.url("/kept/there")
        assert (await world.watch.look()).version == "1.5.0"


async def test_it_asks_a_week_after_the_first_start_and_then_once_a_week(world: World) -> None:
    for day in range(22):
        world.now = START + day * DAY
        for _ in range(3):  # starts on that day
            await world.watch.look_weekly()
    assert len(world.server.asked) == 3
    world.now = START
    world.file.unlink()
    await world.watch.look_weekly()
    assert len(world.server.asked) == 3, "the first start asks nobody"


async def test_where_nobody_answered_it_asks_again_the_next_day(world: World) -> None:
    world.server.status = 500
    assert await world.weekly() == ""
    world.server.status = 200
    assert (await world.watch.look_weekly()).version == ""
    world.now += DAY
    assert (await world.watch.look_weekly()).version == "1.3.0"


async def test_a_clock_that_was_wrong_puts_nothing_off_for_years(world: World) -> None:
    world.now = START + 4000 * DAY
    await world.watch.look_weekly()
    world.now = START
    assert await world.weekly() == "1.3.0"


async def test_a_skipped_version_is_told_only_when_asked(world: World) -> None:
    world.watch.skip("1.3.0")
    assert await world.weekly() == ""
    assert (await world.watch.look()).version == "1.3.0"
    world.server.content = note("1.3.1")
    world.now += WEEK
    assert (await world.watch.look_weekly()).version == "1.3.1"


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"next": "x", "made": 0, "skipped": ""}'])
async def test_a_damaged_memory_is_as_the_first_start(world: World, kept: str) -> None:
    world.file.parent.mkdir()
    world.file.write_text(kept)
    assert await world.weekly() == "1.3.0"


async def test_a_copy_that_knows_no_source_asks_nobody(world: World) -> None:
    world.keys = ()
    assert await world.refusal() == "version.no_source"
    assert await world.weekly() == ""
    assert world.server.asked == []


def test_versions_follow_each_other() -> None:
    versions = ["0.9.9", "0.10.0a1", "0.10.0b1", "0.10.0rc1", "0.10.0rc2", "0.10.0", "0.10.1", "1.0.0"]
    assert all(order_of(one) < order_of(next_one) for one, next_one in pairwise(versions))


def test_what_came_along_can_be_read() -> None:
    source = shipped_source()
    assert source.is_known is bool(source.keys)
    for key in source.keys:
        assert len(base64.b64decode(key)) == 32


def test_the_script_makes_a_key_and_signs_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sign_version

    source, private, out = tmp_path / "source.json", tmp_path / "private", tmp_path / "note.json"
    source.write_text(json.dumps({"address": "", "page": "", "keys": []}))
    given = ["--source", str(source)]
    addresses = ["--address", "https://baton.invalid/new", "--page", PAGE]
    sign_version.main(["key", str(private), *addresses, *given])
    assert read_source(source).is_known
    assert private.stat().st_mode & 0o077 == 0
    sign_version.main(["sign", str(private), str(out), *given])
    assert read_note(out.read_bytes(), read_source(source).keys).until > datetime.now(UTC) + 300 * DAY

    with pytest.raises(FileExistsError):
        sign_version.main(["key", str(private), *addresses, *given])
    sign_version.main(["key", str(tmp_path / "second"), *addresses, *given])
    assert len(read_source(source).keys) == 2, "programs that know only the first one still believe it"
    monkeypatch.setenv("BATON_VERSION_KEY", base64.b64encode(OTHER.private_bytes_raw()).decode())
    with pytest.raises(NotGenuineError):
        sign_version.main(["sign", "-", str(out), *given])


def test_a_note_is_signed_anew_before_its_time_is_over(tmp_path: Path) -> None:
    import sign_version

    source, private, published = tmp_path / "source.json", tmp_path / "private", tmp_path / "note.json"
    source.write_text(json.dumps({"address": "", "page": "", "keys": [public(KEY)]}))
    private.write_text(base64.b64encode(KEY.private_bytes_raw()).decode())
    renew = ["renew", str(private), str(published), "--source", str(source)]
    now = datetime.now(UTC)

    fresh = note("1.3.0", made=now - 190 * DAY, until=now + 210 * DAY)
    published.write_bytes(fresh)
    sign_version.main(renew)
    assert published.read_bytes() == fresh

    published.write_bytes(note("1.3.0", made=now - 210 * DAY, until=now + 190 * DAY))
    sign_version.main(renew)
    renewed = read_note(published.read_bytes(), [public(KEY)])
    assert renewed.version == "1.3.0", "what was published, whatever version this checkout has"
    assert renewed.made > now - DAY
    assert renewed.until > now + 399 * DAY

    published.write_bytes(note("9.9.9", until=now, key=OTHER))
    with pytest.raises(NotGenuineError):
        sign_version.main(renew)
