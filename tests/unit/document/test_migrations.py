from __future__ import annotations

from pathlib import Path

import pytest

from app.document import format as file_format
from app.document.format import FORMAT_VERSION
from app.document.json_codec import read, write
from app.document.migrations import MIGRATIONS, Plain, upgrade
from app.document.workflow import Node, OnError, PortRef, Retry

FIXTURES = Path(__file__).parents[2] / "fixtures" / "format"


def fixtures() -> list[Path]:
    return sorted(FIXTURES.glob("v*/*.baton.json"))


def test_every_released_version_has_a_fixture_and_a_way_to_the_newest() -> None:
    assert {path.parent.name for path in fixtures()} == {f"v{n}" for n in range(1, FORMAT_VERSION + 1)}
    assert sorted(MIGRATIONS) == list(range(1, FORMAT_VERSION))


@pytest.mark.parametrize("path", fixtures(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_files_of_every_version_open(path: Path) -> None:
    loaded = read(path.read_bytes())
    assert not loaded.newer
    assert loaded.warnings == ()
    saved = write(loaded.workflow)
    assert read(saved).workflow == loaded.workflow


def test_a_file_of_the_newest_version_is_written_as_it_was() -> None:
    saved = (FIXTURES / f"v{FORMAT_VERSION}" / "everything.baton.json").read_bytes()
    assert write(read(saved).workflow) == saved


def test_what_version_1_says_is_understood() -> None:
    workflow = read((FIXTURES / "v1" / "everything.baton.json").read_bytes()).workflow
    classify, frame = workflow.graph.nodes["c7fh2k"], workflow.graph.nodes["p5gd7y"]
    assert workflow.name == "Sort the post"
    assert workflow.description.splitlines()[1] == "各种内容都有。"
    assert (workflow.settings.budget_usd, workflow.settings.concurrency, workflow.settings.time_limit) == (
        "0.50",
        4,
        600,
    )
    assert classify.on_error == OnError("fallback", {"label": "none"})
    assert classify.retry == Retry(2, 30.0)
    assert classify.fields["model"] == {"role": "small"}
    assert workflow.graph.nodes["h8vt4n"].disabled
    assert frame.body is not None
    assert frame.body.nodes["k2m8xw"].title == "One line"
    assert frame.extra == {"futureKey": {"kept": [1, 2.5, None]}}
    assert workflow.graph.nodes["w9jc3b"].type_version == 4
    assert len(workflow.graph.edges) == 7
    assert workflow.layout.positions["k2m8xw"] == (48, 48)
    assert workflow.layout.widths == {"a1bq9z": 288}
    assert workflow.layout.notes["n4yb6q"].text == "Start here:\npress Run."
    assert workflow.layout.groups["g2sd9f"].nodes == ("d3xw5p", "h8vt4n")


def test_a_file_written_by_hand_is_understood() -> None:
    workflow = read((FIXTURES / "v1" / "by-hand.baton.json").read_bytes()).workflow
    merge, model = workflow.graph.nodes["c"], workflow.graph.nodes["b"]
    assert merge == Node("c", "flow.merge")
    assert model.fields["prompt"] == "Answer in one line.\n\n{{message}}"
    assert model.note == "written\nby hand"
    assert [edge.source for edge in workflow.graph.edges] == [PortRef("a", "message"), PortRef("b", "text")]


def test_migrations_are_applied_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(data: Plain) -> Plain:
        return {**{key: value for key, value in data.items() if key != "old"}, "new": data["old"]}

    def double(data: Plain) -> Plain:
        return {**data, "new": [data["new"], data["new"]]}

    monkeypatch.setattr("app.document.migrations.FORMAT_VERSION", 3)
    old: Plain = {"formatVersion": 1, "old": "x"}
    assert upgrade(old, 1, {1: rename, 2: double}) == {"formatVersion": 3, "new": ["x", "x"]}
    assert upgrade({"formatVersion": 2, "new": "y"}, 2, {1: rename, 2: double})["new"] == ["y", "y"]
    assert old == {"formatVersion": 1, "old": "x"}  # pure


def test_the_schema_names_the_version() -> None:
    assert f"baton.workflow/{file_format.FORMAT_VERSION}" == file_format.SCHEMA
