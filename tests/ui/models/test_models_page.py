"""The Models page, as a person uses it: with mouse and keyboard, on real files and a real server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton, QWidget

from app.document.json_codec import write
from app.settings import RoleTarget
from app.ui.appearance import appearance
from tests.gguf_files import gguf, lora
from tests.servers.files import FileServer
from tests.ui.fit import clipped
from tests.ui.models.conftest import World

BUNDLED = "SmolLM2-135M-Instruct.Q4_1"
CONTENT = gguf(2_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def until(condition: Callable[[], object]) -> None:
    """Lets Qt and asyncio work until something holds."""
    async with asyncio.timeout(60):
        while not condition():
            QApplication.processEvents()
            await asyncio.sleep(0.01)


def said(root: QWidget) -> str:
    return "\n".join(label.text() for label in root.findChildren(QLabel) if label.isVisibleTo(root))


def rows(world: World) -> list[str]:
    table = world.page.table
    return [item.text(0) for at in range(table.topLevelItemCount()) if (item := table.topLevelItem(at))]


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def drop(page: QWidget, *paths: Path) -> bool:
    """Drags files over the page and lets go, as a file manager does; whether the page wanted them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, buttons, keys)
    entering.ignore()
    QApplication.sendEvent(page, entering)
    if entering.isAccepted():
        dropped = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, buttons, keys)
        QApplication.sendEvent(page, dropped)
    return entering.isAccepted()


def pick(world: World, name: str) -> None:
    """Clicks a model's row."""
    table = world.page.table
    for at in range(table.topLevelItemCount()):
        item = table.topLevelItem(at)
        if item and item.text(0) == name:
            spot = table.visualItemRect(item).center()
            QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def questions() -> list[QMessageBox]:
    """Those that are on the screen."""
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible()]


async def answered(choice: str) -> str:
    """Presses a button of the question that is on the screen; gives what it said."""
    await until(questions)
    (question,) = questions()
    words = f"{question.text()}\n{question.informativeText()}"
    click(next(one for one in question.findChildren(QPushButton) if one.text() == choice))
    return words


async def test_the_built_in_model_is_there_with_its_facts(world: World) -> None:
    await until(lambda: rows(world) == ["SmolLM2 135M"])
    pick(world, "SmolLM2 135M")
    await until(world.page.card.isVisible)
    words = said(world.page.card)
    for fact in ("4 bits a weight (Q4_1)", "135M", "8,192 tokens", "Apache 2.0", "Came with Baton"):
        assert fact in words
    await until(lambda: len(world.engine.outside.model_files.records.of(BUNDLED).digest) == 64)
    await until(lambda: world.engine.outside.model_files.records.of(BUNDLED).digest in said(world.page.card))
    assert not world.page.card.remove.isVisible(), "what came with the program stays"


async def test_a_file_that_is_dropped_is_added_where_it_lies_and_can_be_chosen(
    world: World, tmp_path: Path
) -> None:
    place = tmp_path / "Mine-1B-Q4_0.gguf"
    place.write_bytes(CONTENT)
    (tmp_path / "notes.txt").write_text("x")
    await until(lambda: rows(world))
    assert not drop(world.page, tmp_path / "notes.txt")
    assert drop(world.page, place)
    await until(lambda: "Mine 1B" in rows(world))
    assert place.exists()
    await until(lambda: world.page.card.isVisible() and world.page.card.model == "Mine-1B-Q4_0")
    strong = world.page.roles["strong"]
    shelf = strong.editor.around.shelf  # the pickers use the same store
    await until(lambda: "Mine-1B-Q4_0" in [line.model for line in shelf().models])
    strong.chosen.emit(RoleTarget("This computer", "Mine-1B-Q4_0"))
    await until(lambda: "Strong" in _cell(world, "Mine 1B", 8))
    (tmp_path / "broken.gguf").write_bytes(b"nothing")
    drop(world.page, tmp_path / "broken.gguf")
    await until(lambda: "GGUF" in world.page.fault.text())


async def test_settings_show_their_memory_at_once_and_are_kept(world: World, tmp_path: Path) -> None:
    place, tone = tmp_path / "mine-Q4_0.gguf", tmp_path / "tone.gguf"
    place.write_bytes(CONTENT)
    tone.write_bytes(lora())
    drop(world.page, place)
    card = world.page.card
    await until(lambda: card.isVisible() and card.model == "mine-Q4_0" and card.needs.text())
    before = card.needs.text()
    assert not card.save.isEnabled()
    card.slots.setFocus()
    card.slots.selectAll()
    QTest.keyClicks(card.slots, "64")
    await until(lambda: card.needs.text() != before)
    card.rows.attach(tone)
    await until(lambda: card.rows.scales)
    card.rows.scales[0].setFocus()
    card.rows.scales[0].selectAll()
    QTest.keyClicks(card.rows.scales[0], "0.50")
    await until(card.save.isEnabled)
    click(card.save)
    await until(lambda: world.engine.outside.model_files.records.of("mine-Q4_0").slots == 64)
    (adapter,) = world.engine.outside.model_files.records.of("mine-Q4_0").adapters
    assert (adapter.path, adapter.scale) == (str(tone), 0.5)
    await until(lambda: not card.save.isEnabled())
    (tmp_path / "other.gguf").write_bytes(lora("qwen2"))
    card.rows.attach(tmp_path / "other.gguf")
    click(card.save)
    await until(lambda: "qwen2" in card.fault.text())
    click(card.rows.removers[1])
    await until(lambda: len(card.rows.scales) == 1)


async def test_what_was_saved_stays_in_the_form_when_an_older_list_is_shown_again(
    world: World, tmp_path: Path
) -> None:
    place = tmp_path / "mine-Q4_0.gguf"
    place.write_bytes(CONTENT)
    drop(world.page, place)
    card = world.page.card
    await until(lambda: card.isVisible() and card.model == "mine-Q4_0" and card.needs.text())
    card.slots.setValue(64)
    card.show_saved()
    world.page.show_shelf(world.page._shelf)
    assert card.slots.value() == 64


async def test_by_address_it_is_looked_at_first_then_comes_and_can_be_paused(world: World) -> None:
    await until(lambda: rows(world))
    async with FileServer(CONTENT, holds_after=1_200_000) as server:
        dialog = world.desk.ask_address()
        QTest.keyClicks(dialog.address, server.url())
        QTest.keyClicks(dialog.digest, DIGEST)
        assert not dialog.take.isEnabled()
        QTest.keyClick(dialog.address, Qt.Key.Key_Return)
        await until(dialog.take.isEnabled)
        words = said(dialog)
        for fact in ("2 MB", "MIT", "127.0.0.1", DIGEST, "tiny-Q4_0"):
            assert fact in words
        assert not world.folder.exists(), "nothing has come yet"
        click(dialog.take)
        await until(lambda: world.page.transfers)
        card = world.page.transfers[0]
        part = world.folder / "unfinished" / "tiny-Q4_0.part"
        await until(lambda: part.exists() and part.stat().st_size > 1_000_000)
        click(card.turn)
        await until(lambda: "paused" in said(card))
        server.holds_after = None
        click(card.turn)
        await until(lambda: "tiny Q4_0" in rows(world) or "tiny" in rows(world))
    assert (world.folder / "tiny-Q4_0.gguf").read_bytes() == CONTENT
    await until(lambda: not world.page.transfers)


async def test_a_download_that_fails_says_why_and_is_dropped(world: World) -> None:
    await until(lambda: rows(world))
    async with FileServer(CONTENT) as server:
        dialog = world.desk.ask_address()
        QTest.keyClicks(dialog.address, "http://example.org/m.gguf")
        QTest.keyClick(dialog.address, Qt.Key.Key_Return)
        await until(lambda: "https" in dialog.fault.text())
        dialog.address.clear()
        QTest.keyClicks(dialog.address, server.url())
        QTest.keyClicks(dialog.digest, "0" * 64)
        click(dialog.look)
        await until(dialog.take.isEnabled)
        click(dialog.take)
        await until(lambda: world.page.transfers and DIGEST in said(world.page.transfers[0]))
    click(world.page.transfers[0].drop)
    await until(lambda: not world.page.transfers)
    assert list((world.folder / "unfinished").iterdir()) == []


async def test_speed_is_measured_on_this_computer(world: World) -> None:
    await until(lambda: rows(world))
    card = world.page.card
    # The list may be filled once more in the moment in which somebody clicks.
    await until(lambda: pick(world, "SmolLM2 135M") or "Not measured" in said(card))
    click(card.measure)
    await until(lambda: not card.measure.isEnabled())
    await until(lambda: "measured on this computer (" in said(card))
    assert card.measure.isEnabled()
    speed = world.engine.outside.model_files.records.of(BUNDLED).speed
    assert speed is not None
    assert speed.writing > 0
    await until(lambda: "In memory, idle" in _cell(world, "SmolLM2 135M", 7))
    await until(lambda: BUNDLED in world.page.memory.unloads)
    await until(lambda: "SmolLM2 135M" in said(world.page.memory))
    click(world.page.memory.unloads[BUNDLED])
    await until(lambda: "Fits in your" in _cell(world, "SmolLM2 135M", 7))
    assert world.engine.outside.local_models.pid(BUNDLED) is None


async def test_who_uses_a_model_is_told_before_it_goes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    world.folder.mkdir(parents=True)
    (world.folder / "Mine-1B-Q4_0.gguf").write_bytes(CONTENT)
    await until(lambda: "Mine 1B" in rows(world))
    world.kept.change(roles={"strong": RoleTarget("This computer", "Mine-1B-Q4_0")})
    _remember_workflow(tmp_path / "letters.baton.json")
    pick(world, "Mine 1B")
    await until(lambda: world.page.card.model == "Mine-1B-Q4_0")
    click(world.page.card.remove)
    words = await answered("Keep it")
    assert "Strong" in words
    assert "Letters" in words
    assert "trash" in words
    await until(lambda: not questions())
    assert (world.folder / "Mine-1B-Q4_0.gguf").exists()
    click(world.page.card.remove)
    await answered("Remove")
    await until(lambda: "Mine 1B" not in rows(world))
    assert not (world.folder / "Mine-1B-Q4_0.gguf").exists()
    assert (tmp_path / "Trash" / "files" / "Mine-1B-Q4_0.gguf").exists()


async def test_where_there_is_no_trash_a_person_is_asked_once_more(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none" / "there"))
    world.folder.mkdir(parents=True)
    (world.folder / "Mine-1B-Q4_0.gguf").write_bytes(CONTENT)
    await until(lambda: "Mine 1B" in rows(world))
    pick(world, "Mine 1B")
    await until(lambda: world.page.card.model == "Mine-1B-Q4_0")
    click(world.page.card.remove)
    await answered("Remove")
    await until(lambda: not questions() or "can't be put" in questions()[0].text())
    assert "for good" in await answered("Keep it")
    assert (world.folder / "Mine-1B-Q4_0.gguf").exists()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("size", [(1000, 900), (1800, 1100)])
async def test_texts_have_their_room(world: World, language: str, size: tuple[int, int]) -> None:
    appearance().set_language(language)
    world.window.resize(*size)
    world.page.resize(*size)
    await until(lambda: rows(world))
    pick(world, "SmolLM2 135M")
    await until(world.page.card.isVisible)
    QApplication.processEvents()
    assert clipped(world.page) == []


async def test_the_keyboard_walks_the_models_and_filters_leave_fewer(world: World, tmp_path: Path) -> None:
    place = tmp_path / "Mine-1B-Q4_0.gguf"
    place.write_bytes(CONTENT)
    drop(world.page, place)
    await until(lambda: len(rows(world)) == 2)
    world.page.table.setFocus()
    QTest.keyClick(world.page.table, Qt.Key.Key_Home)
    await until(lambda: world.page.card.model == BUNDLED)
    QTest.keyClick(world.page.table, Qt.Key.Key_Down)
    assert world.page.card.model == "Mine-1B-Q4_0"
    strong = world.page.chips.buttons["strong"]
    assert not strong.isEnabled(), "none of them"
    click(world.page.chips.buttons["private"])
    assert len(rows(world)) == 2


def _cell(world: World, name: str, column: int) -> str:
    table = world.page.table
    items = [table.topLevelItem(at) for at in range(table.topLevelItemCount())]
    return next((item.text(column) for item in items if item and item.text(0) == name), "")


def _remember_workflow(path: Path) -> None:
    """A workflow that was open lately and asks for the strong role."""
    from app.adapters.recent_files import remember_file
    from app.document.workflow import Graph, Node, Workflow
    from app.settings import folders

    node = Node("a", "model.text", fields={"model": {"role": "strong"}, "prompt": "Write"})
    path.write_bytes(write(Workflow("w", "Letters", graph=Graph({"a": node}))))
    remember_file(folders(), path)
