"""The steps that read and write files, on real files through the real door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.adapters.node_files import NodeFiles
from app.document.workflow import JsonObject
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.spec import spec_of
from app.sdk.testing import run_node
from app.sdk.typed_values import file_value


async def test_read_file_gives_text_and_name(node, files: NodeFiles, folder: Path) -> None:
    (folder / "规则.md").write_bytes("# Rules\r\nBe kind, 你好.".encode())
    run = await run_node(node("data.read_file"), {"path": "规则.md"}, files=files)
    assert run.outputs == {"text": "# Rules\nBe kind, 你好.", "name": "规则.md"}


async def test_without_a_path_the_file_comes_in_by_a_link(node, files: NodeFiles, folder: Path) -> None:
    (folder / "a.txt").write_text("A")
    run = await run_node(node("data.read_file"), {}, {"file": file_value("a.txt")}, files=files)
    assert run.outputs["text"] == "A"
    spec = spec_of(node("data.read_file"))
    assert [p.name for p in spec.ports(spec.decode({})).inputs] == ["file"]
    assert spec.ports(spec.decode({"path": "a.txt"})).inputs == ()


@pytest.mark.parametrize(
    ("path", "inputs"),
    [
        ("{{folder}}/a.txt", {"folder": "in"}),
        ("{{where}}", {"where": "in/a.txt"}),
        ("{{paper}}", {"paper": file_value("in/a.txt")}),
        ("in/{{name}}.txt", {"name": "a"}),
    ],
)
async def test_a_path_may_come_from_data(
    node, files: NodeFiles, folder: Path, path: str, inputs: JsonObject
) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text("A")
    run = await run_node(node("data.read_file"), {"path": path}, inputs, files=files)
    assert run.outputs["text"] == "A"


async def test_a_name_from_data_leads_to_no_other_folder(node, files: NodeFiles, folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    with pytest.raises(NodeError, match=r"file.missing"):
        await run_node(
            node("data.read_file"), {"path": "in/{{name}}.txt"}, {"name": "../../secret"}, files=files
        )


async def test_what_was_not_granted_is_not_read(node, files: NodeFiles, folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    with pytest.raises(NodeError, match=r"file.not_granted"):
        await run_node(node("data.read_file"), {"path": "{{w}}"}, {"w": "../secret.txt"}, files=files)


async def test_nothing_to_read_is_said(node, files: NodeFiles) -> None:
    with pytest.raises(NodeError, match=r"file.no_path"):
        await run_node(node("data.read_file"), {"path": "{{where}}"}, {"where": " "}, files=files)


async def test_read_table_gives_rows_in_order(node, files: NodeFiles, folder: Path) -> None:
    (folder / "t.csv").write_text("name,price\nLamp,12.50\nDesk,80\nChair,30\n")
    run = await run_node(node("data.read_table"), {"path": "t.csv", "limit": 2}, files=files)
    rows = run.outputs["rows"]
    assert isinstance(rows, list)
    assert [row["name"] for row in rows if isinstance(row, dict)] == ["Lamp", "Desk"]
    assert run.outputs["count"] == 2


async def test_write_file_leaves_others_alone_unless_told(node, files: NodeFiles, folder: Path) -> None:
    write = node("data.write_file")
    first = await run_node(write, {"path": "out.md"}, {"text": "one"}, files=files)
    assert first.outputs == {"file": file_value(str(folder / "out.md"))}
    with pytest.raises(NodeError, match=r"file.exists"):
        await run_node(write, {"path": "out.md"}, {"text": "two"}, files=files)
    await run_node(write, {"path": "out.md", "if_exists": "append"}, {"text": " two"}, files=files)
    assert (folder / "out.md").read_text() == "one two"
    await run_node(write, {"path": "out.md", "if_exists": "replace"}, {"text": "three"}, files=files)
    assert (folder / "out.md").read_text() == "three"


async def test_a_written_files_name_is_cleaned(node, files: NodeFiles, folder: Path) -> None:
    inputs = {"text": "x", "name": "../../con:a\u202e"}
    await run_node(node("data.write_file"), {"path": "out-{{name}}.txt"}, inputs, files=files)
    (name,) = names(folder)
    assert re.fullmatch(r"out-[._]*con_a\.txt", name)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    "value",
    [{"name": "Lamp", "total": 12.5}, [{"name": "Lamp", "total": 12.5}]],
    ids=["one record", "a table"],
)
async def test_write_table_adds_rows(node, files: NodeFiles, folder: Path, value: Value) -> None:
    for _ in range(2):
        run = await run_node(node("data.write_table"), {"path": "out.csv"}, {"rows": value}, files=files)
    assert run.outputs["count"] == 1
    assert (folder / "out.csv").read_text("utf-8-sig").split() == ["name,total", "Lamp,12.5", "Lamp,12.5"]


async def test_formulas_from_data_stay_text(node, files: NodeFiles, folder: Path) -> None:
    await run_node(
        node("data.write_table"), {"path": "out.csv"}, {"rows": {"name": "=cmd|'/c calc'!A1"}}, files=files
    )
    assert "'=cmd" in (folder / "out.csv").read_text()


@pytest.mark.parametrize("value", ["text", [1, 2], [{"a": 1}, "b"], None])
async def test_what_is_no_row_is_said(node, files: NodeFiles, value: Value) -> None:
    with pytest.raises(NodeError, match=r"table.not_rows"):
        await run_node(node("data.write_table"), {"path": "out.csv"}, {"rows": value}, files=files)
