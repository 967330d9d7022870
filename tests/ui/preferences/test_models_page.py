"""Connections by hand: add with a key, test, rename, remove, and roles; against a real server on loopback."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox

from app.adapters.connection import Connection
from app.adapters.connections import THIS_COMPUTER
from app.adapters.shelf import Shelf
from app.costs.usage import Usage
from app.sdk.fields import ModelChoice
from app.settings import RoleTarget, folders
from app.ui.costs.price_dialog import PriceDialog
from app.ui.preferences.connection_card import ConnectionCard
from app.ui.preferences.connection_form import ConnectionForm
from app.ui.preferences.found_card import FoundCard
from app.ui.preferences.models_page import ModelsPage
from tests.servers.answers import Answer
from tests.servers.local import LocalServer
from tests.servers.scripted import KEY, MODELS, ScriptedServer
from tests.ui.preferences.conftest import World, until

LEFT = Qt.MouseButton.LeftButton


async def models(world: World) -> ModelsPage:
    """The page once it has its shelf."""
    world.dialog.show_page("models")
    await until(lambda: cards(world.dialog.models))
    return world.dialog.models


def cards(page: ModelsPage) -> dict[str, ConnectionCard]:
    found = [card for group in page._groups.values() for card in group.cards]
    return {card._line.name: card for card in found if isinstance(card, ConnectionCard)}


def found(page: ModelsPage) -> dict[str, FoundCard]:
    there = page._groups["here"].cards
    return {card.found.connection.name: card for card in there if isinstance(card, FoundCard)}


def kind(form: ConnectionForm, wanted: str) -> None:
    """Picks a kind of connection by keys."""
    box = form.form.row("kind").editor._box  # type: ignore[attr-defined]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentData() != wanted:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
        box = form.form.row("kind").editor._box  # type: ignore[attr-defined]


def fill(form: ConnectionForm, field: str, words: str) -> None:
    form.form.point_at(field)
    line = QApplication.focusWidget()
    line.selectAll()  # type: ignore[union-attr]
    QTest.keyClicks(line, words)


async def add(page: ModelsPage, server: ScriptedServer, name: str = "Tiny", key: str = KEY) -> None:
    """Adds a connection as a person does."""
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    kind(form, "openai_compatible")
    fill(form, "url", server.url("openai"))
    fill(form, "name", name)
    if key:
        form.key.setFocus()
        QTest.keyClicks(form.key, key)
    QTest.mouseClick(form._save, LEFT)
    await until(lambda: page._stack.currentIndex() == 0 and name in cards(page))


async def test_the_built_in_model_is_there_from_the_start(world: World) -> None:
    page = await models(world)
    card = cards(page)[THIS_COMPUTER]
    assert card._badge.text() == "Ready"
    assert "free" in card._facts.text()
    assert page._roles["small"].editor._button.words().startswith("SmolLM2")


async def test_a_connection_is_added_with_its_key_which_is_written_nowhere(
    world: World, server: ScriptedServer
) -> None:
    page = await models(world)
    shelves: list[Shelf] = []
    world.dialog.shelf_changed.connect(shelves.append)
    await add(page, server)
    saved = json.loads((folders().config / "connections.json").read_text("utf-8"))["connections"]
    assert [row["name"] for row in saved] == ["Tiny"]
    assert await world.engine.outside.secrets.get("Tiny") == KEY
    for path in folders().config.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes()
    assert {line.model for line in shelves[-1].models if line.connection == "Tiny"} == set(MODELS)
    # There is no system store here, so the person is told that the key won't last.
    assert "session only" in page._warning.text()
    assert page._form.key.text() in ("", KEY)
    page.edit(None)
    assert page._form.key.text() == ""


async def test_a_test_says_what_it_found(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    kind(form, "openai_compatible")
    fill(form, "url", server.url("openai"))
    form.key.setFocus()
    QTest.keyClicks(form.key, "wrong-key-0000000000000000")
    QTest.mouseClick(form._test, LEFT)
    await until(form._fault.text)
    assert not form._fault.text().startswith("problem.")
    form.key.selectAll()
    QTest.keyClicks(form.key, KEY)
    QTest.mouseClick(form._test, LEFT)
    await until(lambda: form._result.text().startswith("It works."))
    assert "2 models offered" in form._result.text()
    assert form._fault.text() == ""


async def test_after_a_test_enter_does_not_give_up(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    kind(form, "openai_compatible")
    fill(form, "url", server.url("openai"))
    form._test.setFocus()
    QTest.keyClick(form._test, Qt.Key.Key_Space)
    await until(form._test.isEnabled)
    assert QApplication.focusWidget() is form._test


async def test_a_key_for_this_session_is_not_called_kept(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    await add(page, server)
    state = await world.engine.outside.secrets.state()
    kept = "key kept safely" in cards(page)["Tiny"]._facts.text()
    assert kept == (state.place != "session only")


async def test_a_card_tests_its_connection(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    await add(page, server)
    card = cards(page)["Tiny"]
    QTest.mouseClick(card._test, LEFT)
    await until(lambda: card._badge.text() == "Works")
    assert "answered in" in card._facts.text()
    server.say(Answer(fault="balance"))
    QTest.mouseClick(card._test, LEFT)
    await until(lambda: card._badge.text() == "Doesn't work")
    assert card._fault.text()
    assert not card._fault.text().startswith("problem.")


async def test_a_name_that_is_taken_stands_at_its_field(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    kind(form, "openai_compatible")
    fill(form, "url", server.url("openai"))
    fill(form, "name", THIS_COMPUTER)
    QTest.mouseClick(form._save, LEFT)
    await until(lambda: form.form.row("name").faults())
    assert page._stack.currentWidget() is form


async def test_without_a_key_the_form_asks_for_it_where_it_is_entered(world: World) -> None:
    page = await models(world)
    whole = page._stack.height()
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    kind(form, "openai")
    QTest.mouseClick(form._test, LEFT)
    await until(form._fault.isVisible)
    assert form._fault.accessibleName() == "This connection has no key yet. Paste it above first."
    assert form.key.hasFocus()
    assert page._stack.sizeHint().height() == form.sizeHint().height() != whole, (
        "nothing scrolls for the list"
    )


async def test_a_missing_address_stands_at_its_field(world: World) -> None:
    page = await models(world)
    QTest.mouseClick(page._add, LEFT)
    kind(page._form, "openai_compatible")
    QTest.mouseClick(page._form._save, LEFT)
    await until(lambda: page._form.form.row("url").faults())


async def test_a_renamed_connection_keeps_its_key_and_its_limits(
    world: World, server: ScriptedServer
) -> None:
    page = await models(world)
    await add(page, server)
    limits = {"Tiny": {"day": "2"}, "Other": {"month": "5"}}
    world.kept.change(roles={"strong": RoleTarget("Tiny", "big-2")}, connection_budgets=limits)
    cards(page)["Tiny"].edited.emit()
    form = page._form
    assert form.key.placeholderText() == "Empty: the kept key stays"
    fill(form, "name", "Company")
    QTest.mouseClick(form._save, LEFT)
    await until(lambda: "Company" in cards(page))
    assert "Tiny" not in cards(page)
    assert world.kept.now.roles == {"strong": RoleTarget("Company", "big-2")}  # roles go along
    assert world.kept.now.connection_budgets == {"Company": {"day": "2"}, "Other": {"month": "5"}}
    assert await world.engine.outside.secrets.get("Company") == KEY
    assert await world.engine.outside.secrets.get("Tiny") is None


async def test_removing_warns_of_what_uses_it(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    await add(page, server)
    world.kept.change(roles={"strong": RoleTarget("Tiny", "big-2")})
    cards(page)["Tiny"].removed.emit()
    await until(lambda: page.findChild(QMessageBox) is not None)
    box = page.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "2 steps" in box.informativeText()
    assert "Strong" in box.informativeText()
    remove = next(button for button in box.buttons() if button.text() == "Remove")
    QTest.mouseClick(remove, LEFT)
    await until(lambda: "Tiny" not in cards(page))
    assert world.engine.outside.connections.get("Tiny") is None
    assert await world.engine.outside.secrets.get("Tiny") is None


async def test_a_role_is_given_to_a_model(world: World, server: ScriptedServer) -> None:
    page = await models(world)
    await add(page, server)
    editor = page._roles["strong"].editor
    QTest.mouseClick(editor._button, LEFT)
    await until(editor.menu.isVisible)
    assert all(
        not row.choice.role for row in editor.menu._model.rows if row.choice
    )  # no role stands for a role
    index = editor.menu._model.index_of(ModelChoice(connection="Tiny", model="big-2"))
    editor.menu._list.setCurrentIndex(index)
    QTest.keyClick(editor.menu._list, Qt.Key.Key_Return)
    await until(lambda: world.kept.now.roles.get("strong") == RoleTarget("Tiny", "big-2"))
    await until(lambda: page._roles["strong"].editor._button.words() == "big-2")


async def test_a_role_s_model_of_unknown_price_is_given_one(world: World) -> None:
    world.engine.outside.connections.put(
        Connection("Far", "openai_compatible", "http://models.example/v1", "odd-1")
    )
    world.kept.change(roles={"strong": RoleTarget("Far", "odd-1")})
    page = await models(world)
    editor = page._roles["strong"].editor
    await until(lambda: editor._give.isVisibleTo(editor))
    QTest.mouseClick(editor._give, LEFT)
    dialog = page.findChild(PriceDialog)
    assert isinstance(dialog, PriceDialog)
    dialog.input.setValue(3)
    dialog.output.setValue(15)
    QTest.mouseClick(dialog.keep, LEFT)
    await until(lambda: "$3.00 in, $15.00 out" in editor._facts.text())
    assert not editor._give.isVisibleTo(editor)
    choice = ModelChoice(connection="Far", kind="openai_compatible", model="odd-1")
    bound = world.engine.outside.prices.upper_bound(world.engine.outside.resolve(choice), Usage(1000, 1000))
    assert bound == Decimal("0.018"), "so much is held for a call of it"


async def test_a_typed_key_is_dots_and_is_gone_when_given_up(world: World) -> None:
    page = await models(world)
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    form.key.setFocus()
    QTest.keyClicks(form.key, "sk-very-secret")
    assert form.key.echoMode() == QLineEdit.EchoMode.Password
    QTest.mouseClick(form._cancel, LEFT)
    assert page._stack.currentIndex() == 0
    assert form.key.text() == ""


async def test_each_kind_shows_its_own_fields(world: World) -> None:
    page = await models(world)
    page.edit(None)
    form = page._form
    kind(form, "azure")
    assert form.form.row("url").spec.field.required
    kind(form, "dashscope")
    await until(lambda: form.form.row("region").isVisibleTo(form))
    kind(form, "ollama")
    assert form.connection() == Connection("Ollama", "ollama")
    kind(form, "web_api")
    assert "models" not in form.form._rows
    assert form.connection().kind == "web_api"


async def test_limits_are_set_among_the_further_settings_and_hold_in_the_engine(
    world: World, server: ScriptedServer
) -> None:
    page = await models(world)
    await add(page, server)
    cards(page)["Tiny"].edited.emit()
    form = page._form
    for field, typed in (("parallel", "3"), ("rpm", "120"), ("tpm", "90000")):
        fill(form, field, typed)
    QTest.mouseClick(form._save, LEFT)
    await until(lambda: page._stack.currentIndex() == 0)
    kept = world.engine.outside.connections.get("Tiny")
    assert kept is not None
    assert (kept.parallel, kept.rpm, kept.tpm) == (3, 120, 90_000)
    await until(lambda: cards(page)["Tiny"]._line.connection.parallel == 3)
    cards(page)["Tiny"].edited.emit()
    fill(form, "rpm", "")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert form.connection().rpm is None
    assert form.connection().parallel == 3


async def test_a_found_server_is_used_with_one_click(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LocalServer("ollama") as ollama, LocalServer("locked") as locked:
        ports = (("ollama", ollama.port), ("vllm", locked.port))
        monkeypatch.setattr("app.adapters.found_servers.KNOWN_PORTS", ports)
        page = await models(world)
        await until(lambda: len(found(page)) == 2)
        assert found(page)["Ollama"]._facts.text() == "3 models · partly on your GPU · not used yet"
        assert world.engine.outside.connections.get("Ollama") is None
        QTest.mouseClick(found(page)["Ollama"].take, LEFT)
        await until(lambda: "Ollama" in cards(page))
        assert list(found(page)) == ["vLLM"]
        assert cards(page)["Ollama"]._badge.text() == "Ready"
        kept = world.engine.outside.connections.get("Ollama")
        assert kept is not None
        assert kept.address == f"http://localhost:{ollama.port}/v1"
        # One that wants a key leads to the form, filled in, and is not kept before it is saved.
        QTest.mouseClick(found(page)["vLLM"].take, LEFT)
        assert page._form.connection().kind == "vllm"
        assert world.engine.outside.connections.get("vLLM") is None


async def test_where_nobody_is_found_it_is_said(world: World) -> None:
    page = await models(world)
    assert not page._groups["here"].empty.isHidden()
    assert page._groups["away"].isHidden()


async def test_a_provider_of_the_list_has_its_form(world: World) -> None:
    page = await models(world)
    QTest.mouseClick(page._add, LEFT)
    form = page._form
    kind(form, "litellm")
    box = form.form.row("provider").editor._box  # type: ignore[attr-defined]
    box.setCurrentIndex(box.findData("databricks"))
    box.activated.emit(box.currentIndex())
    assert form.connection().provider == "databricks"
    assert form.connection().name == "Databricks"
    assert form.form.row("url").spec.field.required, "only the person knows its address"  # type: ignore[attr-defined]
    box = form.form.row("provider").editor._box  # type: ignore[attr-defined]
    box.setCurrentIndex(box.findData("together_ai"))
    box.activated.emit(box.currentIndex())
    assert (form.connection().name, form.connection().address) == (
        "Together AI",
        "https://api.together.ai/v1",
    )
    QTest.mouseClick(form._save, LEFT)
    await until(lambda: page._stack.currentIndex() == 0 and "Together AI" in cards(page))
    kept = world.engine.outside.connections.get("Together AI")
    assert kept is not None
    assert (kept.kind, kept.provider) == ("litellm", "together_ai")
