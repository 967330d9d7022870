"""What every journal does, asked of both: the one in memory and the one in a database."""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest
from msgspec.structs import replace

from app.document.problem import Problem
from app.events.run_events import Failure
from app.executor.item_list import Failed, ItemList, ItemsDigest
from app.executor.journal import NOTES_A_RUN, ComputedSteps, ItemRecord, JournalError, RunStore, RunSummary
from tests.journals import call, computed, failed_step, head, item, step


async def refused(code: str, doing: object) -> None:
    with pytest.raises(JournalError) as told:
        await doing  # type: ignore[misc]
    assert told.value.code == code
    assert told.value.problem.code == code


async def test_steps_come_back_as_they_were(runs: RunStore) -> None:
    journal = await runs.begin(head())
    assert journal.is_fresh
    first, second, failed = step("#a"), step("#a", "check", "other"), failed_step("#b")
    await asyncio.gather(journal.commit(first), journal.commit(second), journal.commit(failed))
    assert await journal.steps("#a") == {"ask": first, "check": second}
    assert await journal.steps("#b") == {"ask": failed}
    assert await journal.steps("") == {}
    assert await journal.steps("#") == {}


async def test_what_lies_within_a_frame_is_found_however_deep(runs: RunStore) -> None:
    journal = await runs.begin(head())
    inside = [step("#a/frame#0"), step("#a/frame#0/inner#x"), failed_step("#a/frame#11")]
    for record in (*inside, step("#a"), step("#a/frame"), step("#a/frame2#0"), step("#b/frame#0")):
        await journal.commit(record)
    await journal.commit(later := step("#a/frame#0", text="later"))
    for again in (journal, (await runs.look("r1"))[2]):
        found = {record.place: record async for record in again.within("#a/frame")}
        assert found == {record.place: record for record in (*inside, later)}
    journal.note_all(
        ComputedSteps.of([computed("one", place="#a/frame#5"), computed("two", place="#a/frame#5")])
    )
    assert [one.node async for one in journal.within("#a/frame")] == ["ask", "ask", "ask", "one", "two"]


async def test_a_loop_of_many_turns_is_read_page_by_page(runs: RunStore) -> None:
    journal = await runs.begin(head())
    await asyncio.gather(*(journal.commit(step(f"loop#{n}", text="early")) for n in range(350)))
    await asyncio.gather(*(journal.commit(step(f"loop#{n}")) for n in range(0, 350, 7)))
    found = [record async for record in journal.within("loop")]
    assert [record.place for record in found] == sorted(f"loop#{n}" for n in range(350))
    assert [record for record in found if int(record.place[5:]) % 7 == 0] == [
        step(place) for place in sorted(f"loop#{n}" for n in range(0, 350, 7))
    ]


async def test_a_later_record_replaces_the_earlier_one(runs: RunStore) -> None:
    journal = await runs.begin(head())
    await journal.commit(step(status="sent", outputs={}))
    await journal.commit(step(text="sent and answered"))
    assert await journal.steps("") == {"ask": step(text="sent and answered")}


async def test_the_calls_of_an_instance_are_there_until_it_settles(runs: RunStore) -> None:
    journal = await runs.begin(head())
    calls = [call("#a"), call("#a", ordinal=1), call("#a", digest="b" * 64), call("#a", "other"), call("#b")]
    await asyncio.gather(*map(journal.commit_call, calls))
    assert await journal.calls("#a", "ask") == calls[:3]
    assert not journal.has_calls, "those of this life are known to who made them"
    await journal.commit(step("#a", status="sent", outputs={}))
    assert await journal.loose_calls() == calls, "nobody knows yet how it ended"
    await journal.commit(step("#a"))
    assert await journal.calls("#a", "ask") == []
    assert await journal.loose_calls() == calls[3:]


async def test_calls_of_a_step_that_failed_stay_where_it_may_be_tried_again(runs: RunStore) -> None:
    journal = await runs.begin(head())
    await journal.commit_call(call())
    await journal.commit_call(call("#b"))
    passing = step(status="failed", outputs={}, failure=Failure("model.too_many_requests"))
    await journal.commit(passing)
    await journal.commit(failed_step("#b"))
    assert await journal.calls("", "ask") == [call(counted=True)]
    assert await journal.calls("#b", "ask") == [], "asking again is what another try is for"
    assert await journal.loose_calls() == []


async def test_calls_are_found_in_a_later_life(runs: RunStore) -> None:
    journal = await runs.begin(head())
    long = call("#long", reply={"chat": {"text": "x" * 100_000}})
    await journal.commit_call(call())
    await journal.commit_call(long)
    await runs.leave("r1")
    _, _, again = await runs.reopen("r1")
    assert (again.is_fresh, again.has_calls) == (False, True)
    assert await again.calls("", "ask") == [call()]
    assert await again.calls("#long", "ask") == [long]
    assert await again.calls("", "other") == []
    await again.commit(step())
    await again.commit(step("#long"))
    await runs.leave("r1")
    assert not (await runs.reopen("r1"))[2].has_calls


async def test_notes_are_there_when_asked_for_and_capped(runs: RunStore) -> None:
    journal = await runs.begin(head())
    for number in range(NOTES_A_RUN + 20):
        journal.note(step(f"#{number}"))
    await journal.commit(step("#last"))
    assert await journal.steps(f"#{NOTES_A_RUN - 1}")
    assert not await journal.steps(f"#{NOTES_A_RUN}")
    assert await journal.steps("#last"), "what is paid for is never dropped"
    await runs.leave("r1")
    _, _, again = await runs.reopen("r1")
    again.note(step("#more"))
    assert not await again.steps("#more"), "the cap is the run's"


async def test_steps_that_were_computed_together_are_noted_as_if_one_by_one(runs: RunStore) -> None:
    journal = await runs.begin(head())
    before = computed("before", at=0.5, seconds=0.25)
    journal.note_all(ComputedSteps.of([before, computed("said", verdict={"verdict": "passed"})]))
    await journal.commit(step("#a"))
    journal.note_all(ComputedSteps.of([computed("next"), computed("last")]))
    found = await journal.steps("#a")
    assert [*found] == ["before", "said", "ask", "next", "last"]
    assert found["before"] == before
    assert found["said"].verdict == {"verdict": "passed"}
    numbered = await journal.each(0, 100)
    assert [record.node for _, record in numbered if record.place == "#a"] == [*found]


async def test_what_is_noted_together_counts_singly(runs: RunStore) -> None:
    journal = await runs.begin(head())
    for number in range(NOTES_A_RUN // 50 + 1):
        journal.note_all(ComputedSteps.of([computed(f"n{n}", place=f"#{number}") for n in range(50)]))
    journal.note(step("#more"))
    assert len(await journal.steps(f"#{NOTES_A_RUN // 50 - 1}")) == 50
    assert not await journal.steps(f"#{NOTES_A_RUN // 50}")
    assert not await journal.steps("#more")
    await runs.leave("r1")
    _, _, again = await runs.reopen("r1")
    again.note_all(ComputedSteps.of([computed("n", place="#again")]))
    assert not await again.steps("#again"), "the cap is the run's"


async def test_what_a_frame_decided_is_read_again_and_outlives_new_notes(runs: RunStore) -> None:
    """Its records have names that no step has, as those of steps that were computed together."""
    journal = await runs.begin(head())
    journal.note_all(ComputedSteps.of([computed("a"), computed("b")]))
    for name in ("#end", "#allowed"):
        await journal.commit(step("#a", name))
    await runs.leave("r1")
    _, _, again = await runs.reopen("r1")
    assert {*await again.steps("#a")} == {"a", "b", "#end", "#allowed"}
    again.note_all(ComputedSteps.of([computed("a", "new"), computed("b", "new")]))
    await again.flush()
    found = {record.node: record.outputs["text"] for _, record in await again.each(0, 100)}
    assert found == {"a": "new", "b": "new", "#end": "hello", "#allowed": "hello"}


async def test_what_another_life_notes_stands_in_place_of_the_earlier(runs: RunStore) -> None:
    journal = await runs.begin(head())
    journal.note_all(ComputedSteps.of([computed("a"), computed("b"), computed("c")]))
    journal.note_all(ComputedSteps.of([computed("a", place="#b")]))
    await journal.commit(step("#a"))
    await runs.leave("r1")
    _, _, again = await runs.reopen("r1")
    assert [*await again.steps("#a")] == ["a", "b", "c", "ask"]
    again.note_all(ComputedSteps.of([computed("a", "new"), computed("b", "new")]))
    again.note_all(ComputedSteps.of([computed("c", "new")]))
    await again.flush()
    found = [record for _, record in await again.each(0, 100)]
    assert sorted((one.node, one.outputs["text"]) for one in found if one.place == "#a") == [
        ("a", "new"),
        ("ask", "hello"),
        ("b", "new"),
        ("c", "new"),
    ]
    assert [one.node for one in found if one.place == "#b"] == ["a"]


async def test_items_in_the_order_of_their_numbers(runs: RunStore) -> None:
    journal = await runs.begin(head())
    for number in (3, 0, 2, 7):
        journal.note_item(item(number))
        journal.note_item(item(number, frame="map3"))
    assert await journal.items("map3", 4, 5) == [item(7, frame="map3")]
    assert await journal.items("", 0, 5) == [item(0), item(2), item(3)]
    assert await journal.items("", 3, 5) == [item(3), item(7)]
    assert await journal.items("", 8, 5) == []
    await journal.flush()


async def test_a_row_that_moved_is_found_at_its_new_number(runs: RunStore) -> None:
    journal = await runs.begin(head())
    for number, key in enumerate("ab"):
        journal.note_item(item(number, key=key))
    for number, key in enumerate("xab"):
        journal.note_item(item(number, key=key))
    assert [one.key for one in await journal.items("", 0, 9)] == ["x", "a", "b"]
    assert await journal.items("", 2, 1) == [item(2, key="b")]


async def test_elements_that_are_read_anew_count_when_they_are_noted_again(runs: RunStore) -> None:
    journal = await runs.begin(head())
    for number, key in enumerate("abc"):
        await journal.commit(step(f"#{key}"))
        journal.note_item(item(number, key=key))
        journal.note_item(item(number, frame="map3", key=key))
    assert await journal.begun_items("") == 0
    assert await journal.numbers("", ["b", "x", "c"]) == {"b": 1, "c": 2}
    await runs.leave("r1")
    _, _, journal = await runs.reopen("r1")
    journal.begin_items("")
    assert [len(await journal.items("", 0, 9)), len(journal.page("", 0, 9))] == [0, 3]
    assert len(await journal.items("map3", 0, 9)) == 3, "the elements of another frame stay"
    await journal.commit(step("#x"))
    for number, key in ((0, "x"), (1, "c")):
        journal.note_item(item(number, key=key))
    await runs.leave("r1")
    journal = (await runs.look("r1"))[2]
    assert [(one.number, one.key) for one in await journal.items("", 0, 9)] == [(0, "x"), (1, "c")]
    assert await journal.numbers("", [*"abcx"]) == {"x": 0, "c": 1}
    behind = await journal.each(await journal.begun_items(""), 9)
    assert [record.place for _, record in behind] == ["#x"], "all others were there before"


async def test_a_long_list_is_whole_as_long_as_its_elements_are_the_same(runs: RunStore) -> None:
    journal = await runs.begin(head())
    items = [item(n, frame="map3", key=f"k{n}", status="failed" if n == 1 else "done") for n in range(4)]
    digest = ItemsDigest()
    for one in items:
        journal.note_item(one)
        digest.add(one)
    await runs.leave("r1")
    _, _, journal = await runs.reopen("r1")
    kinds: tuple[tuple[Failed, int], ...] = (("as_nothing", 4), ("left_out", 3))
    lists = [
        ItemList(journal, "map3", "out", failed, count, 4, digest.of("out", failed, 4))
        for failed, count in kinds
    ]
    whole = [["row 0", None, "row 2", "row 3"], ["row 0", "row 2", "row 3"]]
    assert [[*one] for one in lists] == whole
    journal.begin_items("map3")
    assert [[*one] for one in lists] == whole, "none of them has been read anew yet"
    for one in items:
        journal.note_item(one)
        assert [[*one] for one in lists] == whole
    assert lists[0][3] == "row 3"
    journal.note_item(item(0, frame="map3", key="new", outputs={"out": "in between"}))
    for one in items[:3]:
        journal.note_item(replace(one, number=one.number + 1))
    for one in lists:
        with pytest.raises(JournalError) as told:
            list(one)
        assert told.value.code == "journal.list_not_whole"


async def test_a_long_list_of_the_records_as_they_are_is_read_in_a_later_life(runs: RunStore) -> None:
    journal = await runs.begin(head())
    for number in range(3):
        journal.note_item(item(number, frame="map3"))
    await runs.leave("r1")
    _, _, past = await runs.look("r1")
    assert not past.is_fresh
    assert ItemList(past, "map3", "out", "left_out", 3, 3, "")[:] == ["row 0", "row 1", "row 2"]


async def test_a_page_is_read_from_another_thread(runs: RunStore) -> None:
    journal = await runs.begin(head())
    pages: list[list[ItemRecord]] = []
    for turn in range(3):
        journal.note_item(item(turn))
        thread = Thread(target=lambda: pages.append(list(journal.page("", 0, 10))))
        thread.start()
        await asyncio.to_thread(thread.join)
        assert journal.page("", 0, 10) == pages[-1]
    assert pages == [[item(n) for n in range(turn + 1)] for turn in range(3)]


async def test_a_run_goes_on_where_it_was_left(runs: RunStore) -> None:
    asked = head(
        request={"values": {"a": ["x", 1, None]}}, parts={"p1": "part one"}, rows=-1, prices_of="2026-01-01"
    )
    journal = await runs.begin(asked)
    await journal.commit(step())
    journal.note_item(item(0))
    problem = Problem("node.timeout", node="a", args={"seconds": 2.5, "known": ("x", "y")})
    summary = RunSummary(
        "paused", 12.5, rows_done=1, outputs={"Answer": "42"}, problems=(problem,), timed=3.5
    )
    await runs.summarise("r1", summary)
    await runs.leave("r1")
    found, so_far, again = await runs.reopen("r1")
    assert (found, so_far, again.is_fresh) == (asked, summary, False)
    assert await again.steps("") == {"ask": step()}
    assert await again.items("", 0, 1) == [item(0)]
    await again.commit(step(node="next"))
    assert set(await again.steps("")) == {"ask", "next"}


async def test_a_run_belongs_to_one(runs: RunStore) -> None:
    held = await runs.begin(head())
    await refused("journal.held", runs.reopen("r1"))
    await refused("journal.held", runs.forget("r1"))
    _, _, looking = await runs.look("r1")
    await held.commit(step())
    assert await looking.steps("") == {"ask": step()}
    await refused("journal.held", looking.commit(step()))
    with pytest.raises(JournalError):
        looking.note(step())
    with pytest.raises(JournalError):
        looking.note_item(item(0))
    await runs.leave("r1")
    await runs.leave("r1")
    await refused("journal.held", held.commit(step(node="late")))
    await runs.reopen("r1")


async def test_what_is_not_there(runs: RunStore) -> None:
    for doing in (
        runs.reopen("r9"),
        runs.look("r9"),
        runs.summarise("r9", RunSummary("done")),
        runs.pin("r9", pinned=True),
        runs.forget("r9"),
    ):
        with pytest.raises(KeyError):
            await doing
    await runs.leave("r9")
    await runs.begin(head("r9"))
    await runs.leave("r9")
    await refused("journal.broken", runs.begin(head("r9")))
    assert (await runs.reopen("r9"))[0] == head("r9"), "the one that was there stays, and can be taken"


async def test_the_history_shows_the_latest_first(runs: RunStore) -> None:
    for number in range(5):
        await runs.begin(head(f"r{number}", workflow_id=f"wf{number % 2}", name=f"n{number}", rows=number))
        await runs.leave(f"r{number}")
    await runs.reopen("r3")
    await runs.pin("r1", pinned=True)
    await runs.summarise("r2", RunSummary("done", rows_failed=1))
    lines = await runs.lines()
    assert [line.run for line in lines] == ["r4", "r3", "r2", "r1", "r0"]
    assert [line.run for line in await runs.lines(2)] == ["r4", "r3"]
    assert [line.run for line in await runs.lines(workflow_id="wf1")] == ["r3", "r1"]
    assert [line.alive for line in lines] == [False, True, False, False, False]
    assert [line.pinned for line in lines] == [False, False, False, True, False]
    assert [line.is_unfinished for line in lines] == [True, False, False, True, True]
    assert (lines[0].name, lines[0].at, lines[0].digest, lines[0].rows) == ("n4", head().at, head().digest, 4)
    assert lines[2].summary == RunSummary("done", rows_failed=1)


async def test_a_forgotten_run_is_gone(runs: RunStore) -> None:
    journal = await runs.begin(head())
    await journal.commit(step())
    journal.note_item(item(0))
    await runs.leave("r1")
    await runs.forget("r1")
    assert await runs.lines() == []
    with pytest.raises(KeyError):
        await runs.look("r1")
    assert (await runs.begin(head())).is_fresh


async def test_a_run_that_another_needs_to_go_on_is_kept(runs: RunStore) -> None:
    for number, request in enumerate([{}, {"base": "r0"}, {}, {"base": "r2"}]):
        await runs.begin(head(f"r{number}", request=request))
        status = "failed" if number == 1 else "done"
        await runs.summarise(f"r{number}", RunSummary(status))
        await runs.leave(f"r{number}")
    assert [line.base for line in await runs.lines()] == ["", "", "r0", ""], "who is done needs nobody"
    await runs.keep(2, 10**9)
    assert [line.run for line in await runs.lines()] == ["r3", "r0"], "the others are older, or not needed"
    await runs.forget("r0")
    assert [line.run for line in await runs.lines()] == ["r3"]


async def test_old_runs_go_in_order(runs: RunStore) -> None:
    """Finished ones first, then unfinished ones; never what is pinned or goes on."""
    for run, status in enumerate(["cancelled", "done", "failed", "done", "running", "done"]):
        await runs.begin(head(f"r{run}"))
        await runs.summarise(f"r{run}", RunSummary(status))  # type: ignore[arg-type]
        if run != 5:
            await runs.leave(f"r{run}")
    await runs.pin("r1", pinned=True)
    left: list[str] = []
    for most in (6, 5, 3, 1):
        await runs.keep(most, 10**9)
        left.append("".join(line.run[1] for line in await runs.lines()))
    assert left == ["543210", "54310", "541", "51"]
    assert await runs.keep(0, 0) == 0
