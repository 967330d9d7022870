"""Conversations on the disk: once each, never mixed, whole after a kill, whoever writes meanwhile."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.database_opening import Schema, open_database
from app.adapters.sqlite_memory import CONVERSATIONS, SqliteConversations
from app.sdk.errors import NodeError
from app.sdk.memory import Conversation
from tests.journals import profile

WRITER = """
import asyncio, sys
from pathlib import Path
from app.adapters.sqlite_memory import SqliteConversations
from tests.journals import profile

async def main(root, name):
    memory = SqliteConversations(profile(Path(root))).of("w")
    for number in range(100_000):
        await memory.add("shared", f"{name}-{number}", f"{name} {number}", "x" * 500)
        await memory.add(name, f"{name}-{number}", f"{name} {number}", "y" * 500)
        print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_conversation_goes_on_in_another_life(tmp_path: Path) -> None:
    first = SqliteConversations(profile(tmp_path))
    assert (await first.of("w").add("anna", "k1", "Hi \ud800", "Hello")).number == 1
    await first.of("w").sum_up("anna", "They greeted.", 1)
    await first.of("w").add("anna", "k2", "q", "a")
    first.close()
    second = SqliteConversations(profile(tmp_path))
    found = await second.of("w").read("anna", "k1")
    assert [(turn.number, turn.asked) for turn in found.turns] == [(2, "q")]
    assert (found.summary, found.summed) == ("They greeted.", 1)
    assert found.own is not None
    assert found.own.answered == "Hello"
    second.close()


async def test_names_and_workflows_are_never_mixed(tmp_path: Path) -> None:
    store = SqliteConversations(profile(tmp_path))
    await store.of("w").add("anna", "k", "secret", "a")
    for owner, name in (("w", "ben"), ("v", "anna"), ("w ", "anna"), ("w", "Anna"), ("w", "anna ")):
        assert (await store.of(owner).read(name, "k")).turns == []
        assert (await store.of(owner).read(name, "k")).own is None
    assert [(kept.owner, kept.name, kept.turns) for kept in await store.all()] == [("w", "anna", 1)]
    assert await store.forget("w", "anna") == 1
    assert await store.all() == []
    store.close()


async def test_a_turn_is_added_once_for_a_key_and_a_shorter_summary_never_replaces(tmp_path: Path) -> None:
    store = SqliteConversations(profile(tmp_path))
    memory = store.of("w")
    same = await asyncio.gather(*(memory.add("c", "k", "q", f"a{n}") for n in range(20)))
    assert {turn.answered for turn in same} == {same[0].answered}
    many = await asyncio.gather(*(memory.add("c", f"k{n}", "q", "a") for n in range(20)))
    assert sorted(turn.number for turn in many) == list(range(2, 22))
    await memory.sum_up("c", "long", 9)
    await memory.sum_up("c", "short", 4)
    assert (await memory.read("c", "")).summary == "long"
    store.close()


async def test_what_an_instance_holds_stays_until_it_has_added_its_turn(tmp_path: Path) -> None:
    store = SqliteConversations(profile(tmp_path))
    memory = store.of("w")
    await memory.add("c", "k1", "q1", "a1")
    await memory.sum_up("c", "old", 1)
    await memory.add("c", "k2", "q2", "a2")
    seen = await memory.read("c", "mine")
    await memory.hold("c", "mine", seen)
    await memory.add("c", "k3", "q3", "a3")
    await memory.sum_up("c", "newer", 3)
    store.close()
    memory = SqliteConversations(profile(tmp_path)).of("w")  # after a crash
    assert await memory.read("c", "mine") == seen
    assert (await memory.read("c", "other")).summary == "newer"
    assert (await memory.add("c", "mine", "q", "a")).number == 4
    found = await memory.read("c", "mine")
    assert (found.summary, [turn.number for turn in found.turns]) == ("newer", [4])
    await memory.hold("c", "again", seen)
    await memory.let_go("c", "again")
    assert (await memory.read("c", "again")).summary == "newer"
    await memory.hold("c", "again", seen)
    assert await SqliteConversations(profile(tmp_path)).forget("w", "c") == 4
    assert await memory.read("c", "again") == Conversation([])


async def test_conversations_of_an_earlier_version_are_there(tmp_path: Path) -> None:
    where = profile(tmp_path)
    first = Schema(CONVERSATIONS.migrations[:1], "FULL")
    opened = open_database(where.data / "conversations.sqlite3", first, 1.0, suspect=False).connection
    with opened:
        opened.execute("INSERT INTO turns VALUES ('w', 'c', 1, 'k', 'q', 'a', 0)")
    opened.close()
    found = await SqliteConversations(where).of("w").read("c", "k")
    assert [turn.asked for turn in found.turns] == ["q"]


async def test_what_cannot_be_kept_is_an_error_and_no_crash(tmp_path: Path) -> None:
    where = profile(tmp_path)
    where.data.parent.mkdir(parents=True, exist_ok=True)
    where.data.write_text("a file where the folder should be")
    store = SqliteConversations(where)
    with pytest.raises(NodeError, match=r"memory\.unreachable"):
        await store.of("w").add("c", "k", "q", "a")
    store.close()


def killed_writers(root: Path) -> dict[str, int]:
    """The last number that each of two writers had been told is kept."""
    said: dict[str, int] = {"a": -1, "b": -1}
    for _ in range(4):
        writers = {
            name: subprocess.Popen(
                [sys.executable, "-c", WRITER, str(root), f"{name}"], stdout=subprocess.PIPE, text=True
            )
            for name in said
        }
        for name, writer in writers.items():
            assert writer.stdout is not None
            for line in writer.stdout:
                said[name] = max(said[name], int(line))
                if int(line) >= 5:
                    break
        for name, writer in writers.items():
            writer.send_signal(signal.SIGKILL)
            rest = writer.communicate()[0].split("\n")
            said[name] = max([said[name], *(int(line) for line in rest[:-1])])
    return said


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 as on Unix")
async def test_two_writers_killed_at_any_moment_leave_whole_conversations(tmp_path: Path) -> None:
    said = await asyncio.to_thread(killed_writers, tmp_path)
    store = SqliteConversations(profile(tmp_path))
    for name, last in said.items():
        turns = (await store.of("w").read(name, "")).turns
        assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
        asked = [turn.asked for turn in turns]
        assert len(asked) == len(set(asked)), "once each, although every life began anew"
        assert {f"{name} {number}" for number in range(last + 1)} <= set(asked)
    shared = (await store.of("w").read("shared", "")).turns
    assert [turn.number for turn in shared] == list(range(1, len(shared) + 1))
    assert len({turn.asked for turn in shared}) == len(shared)
    store.close()


async def test_an_earlier_instance_finds_what_was_there_before_its_own_turn(tmp_path: Path) -> None:
    store = SqliteConversations(profile(tmp_path))
    for number in range(1, 4):
        await store.of("w").add("anna", f"k{number}", f"q{number}", f"a{number}")
    await store.of("w").sum_up("anna", "All of it.", 3)
    before = store.before("w")
    found = await before.read("anna", "k3")
    assert [turn.asked for turn in found.turns] == ["q1", "q2"]
    assert (found.summary, found.own) == ("", None)
    with pytest.raises(NodeError, match="unreachable"):
        await before.read("anna", "k9")
    await before.add("anna", "k9", "q", "a")
    assert len((await before.read("anna", "k1")).turns) == 0
    store.close()


async def test_a_conversation_can_be_read_with_its_latest_turns_and_its_size(tmp_path: Path) -> None:
    store = SqliteConversations(profile(tmp_path))
    memory = store.of("w")
    for number in range(5):
        await memory.add("安娜", f"k{number}", f"question {number}", "答案")
    await memory.sum_up("安娜", "They greeted.", 1)
    (kept,) = await store.all()
    assert (kept.turns, kept.size) == (5, 5 * (len("question 0") + 6) + len("They greeted."))
    found = await store.read("w", "安娜", most=2)
    assert [(turn.number, turn.asked, turn.answered) for turn in found.turns] == [
        (4, "question 3", "答案"),
        (5, "question 4", "答案"),
    ]
    assert found.turns[-1].at == kept.at
    assert (found.summary, found.earlier) == ("They greeted.", 3)
    assert (await store.read("v", "安娜", most=2)).turns == ()
    store.close()
