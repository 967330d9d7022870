"""Pages of Preferences by hand: each change takes effect and is kept."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from app.adapters.connection import Connection
from app.document.operations.settings import Removed
from app.executor.cache import Kept
from app.settings import Preferences, load_preferences
from app.ui.appearance import appearance
from app.ui.kept_preferences import KeptPreferences
from app.ui.preferences.addons_page import AddOnsPage
from app.ui.preferences.conversation_dialog import ConversationDialog
from app.ui.preferences.general_page import GeneralPage
from app.ui.preferences.keys_page import KeysPage
from app.ui.preferences.local_page import LocalPage
from app.ui.preferences.money_page import MoneyPage
from app.ui.preferences.reviewed_page import ReviewedPage
from app.ui.preferences.shortcuts_page import ShortcutsPage
from app.ui.preferences.storage_page import StoragePage
from app.ui.widgets.toggle import Toggle
from tests.ui.preferences.conftest import World, until

LEFT = Qt.MouseButton.LeftButton


def page(world: World, name: str):
    world.dialog.show_page(name)
    return world.dialog.pages[name]


def pick(box, steps: int) -> None:
    """Picks in a drop-down by keys."""
    box.setFocus()
    for _ in range(abs(steps)):
        QTest.keyClick(box, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)


async def test_general_changes_are_kept(world: World) -> None:
    general = page(world, "general")
    assert isinstance(general, GeneralPage)
    form = general.form
    for name, steps in (("language", 2), ("theme", 2), ("scale", 2), ("motion", 1)):
        pick(form.row(name).editor._box, steps)  # type: ignore[attr-defined]
    now = load_preferences(world.kept.where)
    assert (now.language, now.theme, now.scale, now.reduced_motion) == ("zh-CN", "light", 1.5, True)
    pick(form.row("language").editor._box, -2)  # type: ignore[attr-defined]
    assert world.kept.now.language == ""


async def test_every_page_speaks_the_language_of_now(world: World) -> None:
    appearance().set_language("zh-CN")
    titles = [world.dialog._list.item(at).text() for at in range(world.dialog._list.count())]
    assert titles == [
        "通用",
        "模型与账号连接",
        "本机模型",
        "费用与速度",
        "保留的内容",
        "密钥",
        "快捷键",
        "插件",
        "已审阅的工作流",
    ]


async def test_money_is_kept_as_a_decimal_text(world: World) -> None:
    money = page(world, "money")
    assert isinstance(money, MoneyPage)
    money.form.row("budget").editor.setFocus()
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    QTest.keyClicks(QApplication.focusWidget(), "0.3")
    assert load_preferences(world.kept.where).budget_usd == "0.30"


async def test_limits_of_connections_are_set_beside_those_of_the_terminal(world: World) -> None:
    world.engine.outside.connections.put(Connection("Work", "openai", "https://work.example/v1"))
    money = page(world, "money")
    assert isinstance(money, MoneyPage)
    await until(lambda: "Work" in money.connections.forms)
    there = KeptPreferences(world.kept.where)  # another process
    there.change(budget_month_usd="30", connection_budgets={"Other": {"day": "2"}})
    form = money.connections.forms["Work"]
    form.edited.emit("day", 1.5, False)
    kept = load_preferences(world.kept.where)
    assert kept.budget_month_usd == "30"
    assert kept.connection_budgets == {"Other": {"day": "2"}, "Work": {"day": "1.5"}}
    assert form.row("day").editor.value() == 1.5
    assert "Other" in money.connections.forms
    form.edited.emit("day", Removed(), False)
    assert not load_preferences(world.kept.where).connection_budgets["Work"]["day"]


async def test_a_change_from_elsewhere_is_shown(world: World) -> None:
    money = page(world, "money")
    world.kept.change(rows_at_a_time=9)
    assert isinstance(money, MoneyPage)
    assert money.form.row("rows").editor.value() == 9


async def test_a_shortcut_is_pressed_anew_and_put_back(world: World) -> None:
    keys = page(world, "shortcuts")
    assert isinstance(keys, ShortcutsPage)
    field = keys.keys_of("file.new")
    field.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: world.kept.now.shortcuts == {"file.new": "Ctrl+M"})
    keys._lines["file.new"].reset.click()
    assert world.kept.now.shortcuts == {}
    assert field.keySequence() == QKeySequence("Ctrl+N")


async def test_a_clash_of_shortcuts_is_said(world: World) -> None:
    keys = page(world, "shortcuts")
    assert isinstance(keys, ShortcutsPage)
    world.kept.change(shortcuts={"file.new": "Ctrl+S"})
    assert "Ctrl+S" in keys._clash.text()
    world.kept.change(shortcuts={})
    assert keys._clash.text() == ""


async def test_shortcuts_are_found_by_words(world: World) -> None:
    keys = page(world, "shortcuts")
    assert isinstance(keys, ShortcutsPage)
    keys._search.setFocus()
    QTest.keyClicks(keys._search, "undo")
    assert [line.action.id for line in keys._lines.values() if line.label.isVisibleTo(keys)] == ["edit.undo"]


async def test_an_add_on_is_off_until_somebody_switches_it_on(world: World) -> None:
    addons = page(world, "addons")
    assert isinstance(addons, AddOnsPage)
    switch = addons.findChild(Toggle)
    assert isinstance(switch, Toggle)
    assert not switch.isChecked()
    QTest.mouseClick(switch, LEFT)
    assert load_preferences(world.kept.where).addons == ("baton-odd",)
    QTest.mouseClick(switch, LEFT)
    assert world.kept.now.addons == Preferences().addons


async def test_without_a_system_store_a_passphrase_keeps_keys(world: World) -> None:
    keys = page(world, "keys")
    assert isinstance(keys, KeysPage)
    await until(lambda: keys._state is not None)
    assert keys._state is not None
    assert keys._state.place == "session only"
    assert "no key store" in keys._now.text()
    keys._phrase.setFocus()
    QTest.keyClicks(keys._phrase, "correct horse")
    QTest.keyClicks(keys._again, "correct hose")
    QTest.mouseClick(keys._do, LEFT)
    assert keys._fault.text() == "The two aren't the same. Type them again."
    QTest.keyClick(keys._again, Qt.Key.Key_Backspace)
    QTest.keyClick(keys._again, Qt.Key.Key_Backspace)
    QTest.keyClicks(keys._again, "rse")
    QTest.keyClick(keys._again, Qt.Key.Key_Return)
    await until(lambda: keys._state is not None and keys._state.place == "passphrase")
    assert keys._phrase.text() == ""
    assert not keys._is_locked


async def test_a_short_passphrase_is_refused_in_words(world: World) -> None:
    keys = page(world, "keys")
    assert isinstance(keys, KeysPage)
    await until(lambda: keys._state is not None)
    for field in (keys._phrase, keys._again):
        QTest.keyClicks(field, "short")
    QTest.mouseClick(keys._do, LEFT)
    await until(keys._fault.text)
    assert "8" in keys._fault.text()
    assert not keys._fault.text().startswith("problem.")


async def test_a_locked_file_opens_with_its_passphrase_only(world: World) -> None:
    await world.engine.outside.secrets.protect("correct horse")
    world.engine.outside.secrets._key = None
    keys = page(world, "keys")
    assert isinstance(keys, KeysPage)
    await until(lambda: keys._is_locked)
    assert keys._again.isHidden()
    QTest.keyClicks(keys._phrase, "wrong horse")
    QTest.keyClick(keys._phrase, Qt.Key.Key_Return)
    await until(keys._fault.text)
    assert not keys._over.isHidden()
    keys._phrase.selectAll()
    QTest.keyClicks(keys._phrase, "correct horse")
    QTest.keyClick(keys._phrase, Qt.Key.Key_Return)
    await until(lambda: not keys._is_locked)


async def test_what_was_reviewed_can_be_forgotten(world: World) -> None:
    from app.sdk.grants import Grants

    world.engine.reviewed.remember(
        "ab" * 32, Grants(hosts=frozenset({"api.example.com"})), "<b>Lead</b> research"
    )
    reviewed = page(world, "reviewed")
    assert isinstance(reviewed, ReviewedPage)
    await until(lambda: len(reviewed._cards.cards) == 1)
    words = [label.text() for label in reviewed.findChildren(type(reviewed._cards.empty))]
    assert "<b>Lead</b> research" in words
    assert any("sends to api.example.com" in word for word in words)
    button = reviewed.findChild(QPushButton)
    assert isinstance(button, QPushButton)
    QTest.mouseClick(button, LEFT)
    await until(lambda: world.engine.reviewed.entries() == ())
    await until(lambda: reviewed._cards.is_empty)


async def test_what_is_kept_is_limited_and_cleared(world: World) -> None:
    storage = page(world, "storage")
    assert isinstance(storage, StoragePage)
    storage.form.row("runs").editor.setFocus()
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    QTest.keyClicks(QApplication.focusWidget(), "50")
    assert load_preferences(world.kept.where).keep_runs == 50
    world.engine.cache.put("key", "flow", "node", Kept({"text": "x"}))
    await until(lambda: not storage._awaiting.busy)
    storage.opened()
    await until(storage.clear.isEnabled)
    storage.clear.click()
    await until(lambda: "0 results" in storage._used.text())
    assert (await world.engine.cache.state()).entries == 0


async def test_the_models_of_this_computer_have_their_settings(world: World, tmp_path: Path) -> None:
    local = page(world, "local")
    assert isinstance(local, LocalPage)
    memory = local.form.row("memory").editor._input  # type: ignore[attr-defined]
    memory.selectAll()
    QTest.keyClicks(memory, "2048")
    program = local.form.row("program").editor._line  # type: ignore[attr-defined]
    QTest.keyClicks(program, str(tmp_path / "none"))
    assert local.fault
    program.selectAll()
    QTest.keyClicks(program, sys.executable)
    assert not local.fault
    now = load_preferences(world.kept.where)
    assert (now.model_memory_mb, now.llama_server) == (2048, sys.executable)


async def test_conversations_are_listed_read_and_thrown_away(world: World) -> None:
    store = world.engine.conversations
    await store.of("w").add("anna", "k1", "Where is <b>my</b> bike?", "On its way.")
    await store.of("w").sum_up("anna", "She has ordered a bike.", 1)
    storage = page(world, "storage")
    assert isinstance(storage, StoragePage)
    shown = storage.conversations
    await until(lambda: len(shown.findChildren(QPushButton)) == 2)
    words = [label.text() for label in shown.findChildren(QLabel)]
    assert "anna" in words
    assert any("1 turn · " in word for word in words)
    read, forget = shown.findChildren(QPushButton)
    QTest.mouseClick(read, LEFT)
    await until(lambda: shown.findChild(ConversationDialog) is not None)
    dialog = shown.findChild(ConversationDialog)
    assert isinstance(dialog, ConversationDialog)
    told = dialog.text.toPlainText()
    assert "She has ordered a bike." in told
    assert "Asked: Where is <b>my</b> bike?" in told
    assert "Answered: On its way." in told
    dialog.close()
    for answer in ("Keep", "Throw away"):
        QTest.mouseClick(forget, LEFT)
        await until(lambda: shown.findChild(QMessageBox) is not None)
        box = shown.findChild(QMessageBox)
        assert isinstance(box, QMessageBox)
        assert "“anna” with its 1 turn" in box.text()
        QTest.mouseClick(next(one for one in box.buttons() if one.text() == answer), LEFT)
        await until(lambda: not shown.is_busy)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert len(await store.all()) == (answer == "Keep")
        forget = shown.findChildren(QPushButton)[-1] if answer == "Keep" else forget
    await until(lambda: shown._cards.empty.text().startswith("No conversations"))
