"""A model comes whole and checked from a server that does its worst, or not at all."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters import model_downloads
from app.adapters.download_ways import said_digest, tidy_address, tidy_digest
from app.adapters.egress import Egress
from app.adapters.model_downloads import ModelDownloads
from app.adapters.model_files import ModelFiles
from app.adapters.model_offers import ModelOffer, look_at
from app.adapters.model_records import ModelRecords
from app.document.problem import ProblemError
from tests.gguf_files import gguf
from tests.servers.files import FileServer

CONTENT = gguf(3_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class World:
    """A models folder, the way out, and the downloads between them."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "models"
        self.files = ModelFiles(self.folder, ModelRecords(home / "models.json"))
        self.egress = Egress()
        self.downloads = self.again()

    def again(self) -> ModelDownloads:
        """As the next start of the program finds it."""
        return ModelDownloads(self.files, self.egress, wait=0.001)

    async def offer(self, server: FileServer, digest: str = "") -> ModelOffer:
        return await look_at(self.egress, server.url(), digest)

    async def whole(self, server: FileServer, digest: str = "") -> str:
        """Downloads to the end; gives the state, or the code of what went wrong."""
        name = self.downloads.start(await self.offer(server, digest))
        transfer = await self.downloads.wait(name)
        return transfer.problem.code if transfer.problem else transfer.state


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    await made.downloads.close()
    await made.egress.close()


async def refusal(world: World, server: FileServer, digest: str = "") -> str:
    with pytest.raises(ProblemError) as caught:
        await world.offer(server, digest)
    return caught.value.problems[0].code


async def test_what_a_model_is_is_known_before_it_comes(world: World) -> None:
    async with FileServer(CONTENT, headers={"X-Linked-ETag": f'"{DIGEST}"'}) as server:
        offer = await world.offer(server)
    assert (offer.name, offer.size, offer.digest, offer.digest_by) == (
        "tiny-Q4_0",
        len(CONTENT),
        DIGEST,
        "server",
    )
    assert (offer.facts.licence, offer.facts.context, offer.facts.quantisation) == ("mit", 2048, "Q4_0")
    assert offer.facts.shape.weights > 0, "so that its need of memory can be told"
    assert offer.hosts == ("127.0.0.1",)
    assert offer.resumes
    assert not world.folder.exists(), "nothing is written for a look"


async def test_it_comes_whole_and_is_put_in_place_checked(world: World) -> None:
    async with FileServer(CONTENT) as server:
        assert await world.whole(server, DIGEST) == "done"
    placed = world.folder / "tiny-Q4_0.gguf"
    assert placed.read_bytes() == CONTENT
    record = world.files.records.of("tiny-Q4_0")
    assert (record.digest, record.source) == (DIGEST, server.url())
    assert record.stamp == world.files.get("tiny-Q4_0").stamp
    assert list((world.folder / "unfinished").iterdir()) == []


async def test_an_answer_that_breaks_off_is_gone_on_with(world: World) -> None:
    async with FileServer(CONTENT, cuts=[0, 1, 700_000, 1_500_000]) as server:
        assert await world.whole(server, DIGEST) == "done"
    begins = [one.begins for one in server.downloads]
    assert begins[-1] > 1, "each goes on where the one before broke off"
    assert begins == sorted(begins)
    assert len(begins) == 5


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cuts=st.lists(st.integers(0, 400_000), max_size=5),
    ranges=st.booleans(),
    tag=st.sampled_from(['"a"', "", 'W/"a"']),
)
def test_however_it_is_cut_what_is_put_in_place_is_the_file(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], ranges: bool, tag: str
) -> None:
    content = gguf(400_000)

    async def cut() -> bytes:
        world = World(tmp_path_factory.mktemp("cut"))
        try:
            async with FileServer(content, cuts=list(cuts), ranges=ranges, tag=tag) as server:
                assert await world.whole(server) == "done"
        finally:
            await world.egress.close()
        return (world.folder / "tiny-Q4_0.gguf").read_bytes()

    assert asyncio.run(cut()) == content


async def test_a_server_that_never_sends_anything_is_given_up(world: World) -> None:
    async with FileServer(CONTENT, cuts=[0] * 40) as server:
        assert await world.whole(server) == "net.cut_off"
        assert len(server.downloads) == model_downloads.MOST_TRIES
        assert world.downloads.transfers()[0].state == "failed"


async def test_a_server_that_knows_no_ranges_begins_anew(world: World) -> None:
    async with FileServer(CONTENT, ranges=False, cuts=[900_000, 1_000_000]) as server:
        assert await world.whole(server, DIGEST) == "done"
    assert (world.folder / "tiny-Q4_0.gguf").read_bytes() == CONTENT


async def test_a_file_that_changes_meanwhile_is_never_mixed(world: World) -> None:
    other = bytearray(CONTENT)
    other[-1_000_000:] = b"x" * 1_000_000
    async with FileServer(CONTENT, cuts=[1_200_000]) as server:
        offer = await world.offer(server)

        class Changing(list[int]):
            def pop(self, at: int = -1) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
                server.content, server.tag = bytes(other), '"v2"'
                return super().pop(at)

        server.cuts = Changing([1_200_000])
        transfer = await world.downloads.wait(world.downloads.start(offer))
    assert transfer.state == "done"
    assert (world.folder / "tiny-Q4_0.gguf").read_bytes() == bytes(other)
    assert server.downloads[-1].headers["if-range"] == '"v1"'


async def test_one_that_changes_without_a_sign_is_found_by_its_digest(world: World) -> None:
    async with FileServer(CONTENT, cuts=[1_200_000]) as server:
        offer = await world.offer(server, DIGEST)
        server.content = CONTENT[:1_500_000] + b"y" * (len(CONTENT) - 1_500_000)
        name = world.downloads.start(offer)
        transfer = await world.downloads.wait(name)
        assert transfer.problem
        assert transfer.problem.code == "model.download_wrong"
        assert not list(world.folder.glob("*.gguf"))
        server.content = CONTENT
        world.downloads.resume(name)
        assert (await world.downloads.wait(name)).state == "done", "and is taken anew from its beginning"


@pytest.mark.parametrize("claims", [1, 5_000, -5_000])
async def test_a_length_that_is_no_truth_is_no_model(world: World, claims: int) -> None:
    async with FileServer(CONTENT, ranges=False) as server:
        offer = await world.offer(server)
        server.claims = claims
        transfer = await world.downloads.wait(world.downloads.start(offer))
    assert transfer.problem
    assert transfer.problem.code == "model.download_changed"
    assert not list(world.folder.glob("*.gguf"))


async def test_a_file_of_unknown_length_comes_too(world: World) -> None:
    async with FileServer(CONTENT, ranges=False, chunked=True) as server:
        offer = await world.offer(server)
        assert offer.size is None
        assert (await world.downloads.wait(world.downloads.start(offer))).state == "done"
    assert (world.folder / "tiny-Q4_0.gguf").read_bytes() == CONTENT


async def test_it_can_be_paused_and_goes_on_after_the_next_start(world: World) -> None:
    async with FileServer(CONTENT, holds_after=1_000_000) as server:
        name = world.downloads.start(await world.offer(server))
        while world.downloads.transfers()[0].received < 900_000:
            await _turn()
        await world.downloads.pause(name)
        assert world.downloads.transfers()[0].state == "paused"
        world.downloads = world.again()
        (waiting,) = world.downloads.transfers()
        assert (waiting.name, waiting.state, waiting.size) == (name, "paused", len(CONTENT))
        assert waiting.received >= 900_000
        server.holds_after = None
        world.downloads.resume(name)
        assert (await world.downloads.wait(name)).state == "done"
    assert server.downloads[-1].begins >= 900_000


async def test_cancelled_it_leaves_nothing(world: World) -> None:
    async with FileServer(CONTENT, holds_after=500_000) as server:
        name = world.downloads.start(await world.offer(server))
        while not server.downloads:
            await _turn()
        await world.downloads.cancel(name)
    assert world.downloads.transfers() == ()
    assert list((world.folder / "unfinished").iterdir()) == []


async def test_a_disk_without_room_is_no_reason_to_begin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_downloads, "RESERVE", 2**60)
    async with FileServer(CONTENT) as server:
        offer = await world.offer(server)
        with pytest.raises(ProblemError) as caught:
            world.downloads.start(offer)
        assert caught.value.problems[0].code == "model.download_no_room"
        assert server.downloads == []


async def test_what_is_no_model_is_refused_before_it_comes(world: World) -> None:
    async with FileServer(b"<html>Sign in to see this page</html>") as server:
        assert await refusal(world, server) == "model.download_not_model"
    async with FileServer(CONTENT, status=404) as server:
        assert await refusal(world, server) == "model.download_refused"
    async with FileServer(CONTENT, headers={"Content-Encoding": "gzip"}) as server:
        assert await refusal(world, server) == "model.download_packed"
    async with FileServer(CONTENT) as server:
        assert await refusal(world, server, "abc") == "model.download_digest"


async def test_another_host_is_shown_and_only_those_shown_are_asked(world: World) -> None:
    async with FileServer(CONTENT) as there, FileServer(b"", leads_to=there.url()) as first:
        first.leads_to = there.url().replace("127.0.0.1", "localhost")
        offer = await world.offer(first)
        assert offer.hosts == ("127.0.0.1", "localhost")
        first.leads_to = there.url().replace("127.0.0.1", "other.localhost")
        transfer = await world.downloads.wait(world.downloads.start(offer))
        assert transfer.problem
        assert transfer.problem.code == "net.not_granted"
        first.leads_to = "http://example.org/model.gguf"
        assert await refusal(world, first) in {"net.unsafe_redirect", "net.unreachable"}
        first.leads_to = first.url()
        assert await refusal(world, first) == "net.too_many_redirects"


def test_addresses_are_https_and_pages_that_show_a_file_become_the_file() -> None:
    shown = "https://huggingface.co/a/b-GGUF/blob/main/b-Q4_K_M.gguf"
    assert tidy_address(f" {shown} ") == shown.replace("/blob/", "/resolve/")
    assert tidy_address("example.org/m.gguf") == "https://example.org/m.gguf"
    for bad in (
        "http://example.org/m.gguf",
        "ftp://example.org/m.gguf",
        "file:///etc/passwd",
        "https://u:p@h/m",
    ):
        with pytest.raises(ProblemError):
            tidy_address(bad)


def test_digests_are_read_in_the_ways_that_servers_tell_them() -> None:
    packed = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    assert said_digest({"repr-digest": f"sha-512=:AAAA:, sha-256=:{packed}:"}) == DIGEST
    assert said_digest({"digest": f"SHA-256={packed}"}) == DIGEST
    assert said_digest({"digest": "sha-256=no", "x-linked-etag": '"short"'}) == ""
    assert tidy_digest(f"sha256:{DIGEST.upper()} ") == DIGEST


async def _turn() -> None:
    await asyncio.sleep(0)
