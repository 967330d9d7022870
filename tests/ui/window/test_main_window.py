"""The main window as a person uses it: hands on canvas and keys, files, panels, languages, and what it asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QPlainTextEdit, QPushButton

from app.adapters import crash_reports
from app.adapters.recovery import RecoveryCopy
from app.adapters.reviewed_store import ReviewedStore
from app.document.file_names import OPENED, in_order
from app.document.json_codec import digest, read, write
from app.document.operations import SetFields, SetNode
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.events.run_events import BudgetReached, NodeStarted, PersonAsked, RunPaused, RunStarted
from app.sdk.grants import Grants
from app.settings import folders, settings_file
from app.texts import has
from app.ui.actions import ACTIONS, clashes
from app.ui.appearance import appearance
from app.ui.canvas.interactions.drop import LibraryDrop
from app.ui.canvas.selection import only
from app.ui.main_window import MainWindow
from app.ui.run_form.run_form import RunForm
from app.ui.session import Place
from app.ui.trust.trust_sheet import TrustSheet
from app.ui.welcome.examples import examples, starter_path
from tests.ui.window.conftest import Desk, until
from tests.ui.window.small_flow import edge, saved, template_flow

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def flow(desk: Desk) -> Workflow:
    """A small workflow, open and not in any file."""
    desk.window.session.open(template_flow(), Place())
    desk.wait(lambda: desk.window.canvas.scene.nodes.keys() == template_flow().graph.nodes.keys())
    desk.window.canvas.setFocus()
    return template_flow()


def nodes(desk: Desk) -> set[str]:
    return set(desk.window.session.workflow.graph.nodes)


# --- the canvas ---------------------------------------------------------------------------------------------


def test_steps_are_dragged_in_joined_moved_and_deleted_and_all_of_it_undone(desk: Desk) -> None:
    session, view = desk.window.session, desk.window.canvas.view
    empty = session.workflow
    for entry, at in (("intent.ask", QPointF(0, 0)), ("data.template", QPointF(400, 0))):
        spec = desk.window.registry.get(entry)
        assert spec is not None
        desk.run(_dropped(LibraryDrop(view, entry, spec.fixed_ports), at))
    ask, say = (
        next(n.id for n in session.workflow.graph.nodes.values() if n.type == t)
        for t in ("intent.ask", "data.template")
    )
    hand = desk.hand
    hand.drag(hand.output(ask, "message"), hand.input(say, "value"))
    assert session.workflow.graph.edges == (edge(ask, "message", say, "value"),)
    before = session.workflow.layout.positions[say]
    hand.drag(hand.header(say), hand.header(say) + QPointF(80, 160))
    x, y = session.workflow.layout.positions[say]
    assert (x - before[0], y - before[1]) == (80, 160)
    hand.click(hand.body(say))
    hand.key(Qt.Key.Key_Delete)
    assert nodes(desk) == {ask}
    assert session.workflow.graph.edges == ()
    for _ in range(5):
        hand.key(Qt.Key.Key_Z, CTRL)
    assert session.workflow == empty
    for _ in range(4):
        hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.workflow.graph.edges == (edge(ask, "message", say, "value"),)


async def _dropped(drop: LibraryDrop, at: QPointF) -> None:
    drop.move(at)
    drop.drop(at)


def test_a_double_click_offers_steps_to_add(desk: Desk) -> None:
    desk.hand.double_click(QPointF(0, 0))
    popup = QApplication.activePopupWidget()
    assert popup is not None
    field = popup.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "merge")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert [node.type for node in desk.window.session.workflow.graph.nodes.values()] == ["flow.merge"]
    assert desk.window.canvas.selection.nodes == nodes(desk)


def test_a_link_dropped_on_the_empty_canvas_adds_a_step_that_fits(desk: Desk, flow: Workflow) -> None:
    hand = desk.hand
    hand.drag(hand.output("say", "text"), QPointF(900, 420))
    popup = QApplication.activePopupWidget()
    assert popup is not None
    field = popup.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "text template")
    QTest.keyClick(field, Qt.Key.Key_Return)
    (new,) = nodes(desk) - set(flow.graph.nodes)
    assert edge("say", "text", new, "value") in desk.window.session.workflow.graph.edges


def test_a_second_link_to_an_input_offers_a_merge(desk: Desk, flow: Workflow) -> None:
    hand = desk.hand
    hand.drag(hand.output("ask", "message"), hand.input("out", "value"))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    merge = next(action for action in menu.actions() if "Merge" in action.text())
    merge.trigger()
    menu.close()
    (new,) = nodes(desk) - set(flow.graph.nodes)
    assert desk.window.session.workflow.graph.nodes[new].type == "flow.merge"
    targets = [
        e.target.node for e in desk.window.session.workflow.graph.edges if e.source.node in ("ask", "say")
    ]
    assert targets.count(new) == 2
    desk.window.session.undo_stack.undo()
    assert desk.window.session.workflow == flow


def test_copy_paste_cut_and_duplicate(desk: Desk, flow: Workflow) -> None:
    hand = desk.hand
    hand.key(Qt.Key.Key_A, CTRL)
    hand.key(Qt.Key.Key_C, CTRL)
    assert read(QGuiApplication.clipboard().text().encode()).workflow.graph.nodes
    hand.key(Qt.Key.Key_V, CTRL)
    assert len(nodes(desk)) == 6
    assert desk.window.canvas.selection.nodes == nodes(desk) - set(flow.graph.nodes)
    hand.key(Qt.Key.Key_X, CTRL)
    assert nodes(desk) == set(flow.graph.nodes)
    desk.window.canvas.select(only("nodes", "say"))
    hand.key(Qt.Key.Key_D, CTRL)
    assert len(nodes(desk)) == 4
    desk.window.session.undo_stack.undo()
    assert desk.window.session.workflow.graph == flow.graph


def test_pasting_something_else_is_refused_in_words(desk: Desk, flow: Workflow) -> None:
    QGuiApplication.clipboard().setText("{ this is no workflow")
    desk.window.update_actions()
    desk.hand.key(Qt.Key.Key_V, CTRL)
    assert desk.window.session.workflow == flow
    assert desk.window.strips.has("refused")


def test_group_disable_note_and_rename(desk: Desk, flow: Workflow) -> None:
    hand, session = desk.hand, desk.window.session
    desk.window.canvas.select(only("nodes", "say"))
    hand.key(Qt.Key.Key_G, CTRL)
    (group,) = session.workflow.layout.groups.values()
    assert group.nodes == ("say",)
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert not session.workflow.layout.groups
    desk.window.canvas.select(only("nodes", "say"))
    hand.key(Qt.Key.Key_D)
    assert session.workflow.graph.nodes["say"].disabled
    hand.key(Qt.Key.Key_D)
    assert not session.workflow.graph.nodes["say"].disabled
    hand.key(Qt.Key.Key_F2)
    editor = desk.window.canvas.view.viewport().findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "Greet")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert session.workflow.graph.nodes["say"].title == "Greet"
    hand.key(Qt.Key.Key_S, SHIFT)
    assert len(session.workflow.layout.notes) == 1


def test_a_group_is_switched_off_and_on_as_one(desk: Desk, flow: Workflow) -> None:
    hand, session, canvas = desk.hand, desk.window.session, desk.window.canvas
    canvas.select(only("nodes", "say"))
    hand.key(Qt.Key.Key_G, CTRL)
    (name,) = session.workflow.layout.groups
    assert canvas.selection == only("groups", name)
    hand.key(Qt.Key.Key_D)
    assert session.workflow.graph.nodes["say"].disabled
    session.undo_stack.undo()
    assert session.workflow.graph.nodes["say"] == flow.graph.nodes["say"]
    hand.key(Qt.Key.Key_D)
    hand.key(Qt.Key.Key_D)
    assert not session.workflow.graph.nodes["say"].disabled


def test_tidy_lays_out_beside_the_window(desk: Desk, flow: Workflow) -> None:
    session = desk.window.session
    desk.trigger("step.tidy")
    desk.wait(session.undo_stack.canUndo)
    places = session.workflow.layout.positions
    assert places["ask"][0] < places["say"][0] < places["out"][0]
    assert session.undo_stack.count() == 1


def test_letters_typed_into_a_field_are_no_actions(desk: Desk, flow: Workflow) -> None:
    desk.window.canvas.select(only("nodes", "say"))
    field = desk.window.top.name
    field.edit()
    QTest.keyClicks(field, "Dd1")
    assert not desk.window.session.workflow.graph.nodes["say"].disabled
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.window.session.workflow.name == "Dd1"


# --- finding ------------------------------------------------------------------------------------------------


def test_the_palette_runs_actions_and_goes_to_steps(desk: Desk, flow: Workflow) -> None:
    finder = desk.window.finders.finder
    QTest.keyClick(desk.window, Qt.Key.Key_K, CTRL)
    assert finder.isVisible()
    field = finder.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "wrap")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.window.canvas.selection.nodes == {"say"}
    QTest.keyClick(desk.window, Qt.Key.Key_K, CTRL)
    QTest.keyClicks(field, "dissolve")
    assert finder.isVisible()  # not possible now, so not there: nothing happens
    QTest.keyClick(field, Qt.Key.Key_Return)
    finder.close()
    QTest.keyClick(desk.window, Qt.Key.Key_K, CTRL)
    QTest.keyClicks(field, "switch off")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.window.session.workflow.graph.nodes["say"].disabled


def test_find_looks_into_what_is_written_in_steps(desk: Desk, flow: Workflow) -> None:
    QTest.keyClick(desk.window, Qt.Key.Key_F, CTRL)
    field = desk.window.finders.finder.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "dear customer")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.window.canvas.selection.nodes == {"say"}


def test_the_outline_is_the_twin_of_the_canvas(desk: Desk, flow: Workflow) -> None:
    desk.trigger("view.outline")
    tree = desk.window.outline.tree
    assert [tree.topLevelItem(i).text(0) for i in range(3)] == ["Request", "Wrap", "Send"]
    assert [tree.topLevelItem(1).child(i).text(0) for i in range(2)] == ["message ← Request", "Text → Send"]
    tree.setCurrentItem(tree.topLevelItem(1))
    assert desk.window.canvas.selection.nodes == {"say"}
    desk.window.canvas.select(only("nodes", "out"))
    assert [item.text(0) for item in tree.selectedItems()] == ["Send"]
    tree.setFocus()
    QTest.keyClick(tree, Qt.Key.Key_D)
    assert desk.window.session.workflow.graph.nodes["out"].disabled
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    QTest.keyClick(tree, Qt.Key.Key_Delete)
    assert edge("ask", "message", "say", "message") not in desk.window.session.workflow.graph.edges


# --- files --------------------------------------------------------------------------------------------------


def file_dialog(desk: Desk) -> QFileDialog:
    desk.wait(lambda: any(d.isVisible() for d in desk.window.findChildren(QFileDialog)))
    return next(d for d in desk.window.findChildren(QFileDialog) if d.isVisible())


def test_save_as_and_open_again(desk: Desk, flow: Workflow, tmp_path: Path) -> None:
    window = desk.window
    desk.trigger("file.save")
    dialog = file_dialog(desk)
    assert dialog.selectedFiles()[0].endswith("small-flow.baton.json")
    path = tmp_path / "mine.baton.json"
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(path))
    desk.run(_accepted(dialog))
    desk.wait(path.exists)
    desk.wait(lambda: window.session.place.path == path)
    assert window.session.is_saved
    assert write(flow) == path.read_bytes()
    window.session.do(SetNode("say", {"title": "Greet"}))
    assert window.windowTitle().startswith("*")
    desk.trigger("file.save")
    assert json.loads(path.read_text())["workflow"]["nodes"]["say"]["title"] == "Greet"
    assert window.session.is_saved
    desk.trigger("file.new")
    desk.wait(lambda: not nodes(desk))
    desk.run(window.files.open(path))
    assert window.session.workflow.graph.nodes["say"].title == "Greet"
    assert window.files.recent()[0] == path


@pytest.mark.parametrize("named", ["report.v2", "report"])
def test_a_name_without_an_ending_of_workflows_gets_one(
    desk: Desk, flow: Workflow, tmp_path: Path, named: str
) -> None:
    ending = in_order(OPENED)[0]
    path = tmp_path / f"{named}{ending}"
    path.write_text("{}")
    for answer in ("Cancel", "Replace it"):
        desk.trigger("file.save_as")
        dialog = file_dialog(desk)
        name = dialog.findChild(QLineEdit)
        assert name is not None
        name.setText(str(tmp_path / named))
        dialog.setOption(
            QFileDialog.Option.DontConfirmOverwrite
        )  # else Qt itself asks where it has added the ending
        desk.run(_accepted(dialog))
        if named == "report":
            break
        desk.answer(answer)
        if answer == "Cancel":
            assert path.read_text() == "{}", "asked before it is replaced"
            file_dialog(desk).reject()
            desk.wait(lambda: not any(d.isVisible() for d in desk.window.findChildren(QFileDialog)))
    desk.wait(lambda: desk.window.session.place.path == path)
    assert read(path.read_bytes()).workflow.graph.nodes.keys() == flow.graph.nodes.keys()


async def _accepted(dialog: QDialog) -> None:
    dialog.accept()


def test_unsaved_work_is_asked_about(desk: Desk, flow: Workflow, tmp_path: Path) -> None:
    window = desk.window
    path = saved(flow, tmp_path)
    desk.run(window.files.open(path))
    window.session.do(SetNode("say", {"title": "Greet"}))
    desk.trigger("file.new")
    desk.answer("Cancel")
    assert nodes(desk) == set(flow.graph.nodes)
    desk.trigger("file.new")
    desk.answer("Save")
    desk.wait(lambda: not nodes(desk))
    assert read(path.read_bytes()).workflow.graph.nodes["say"].title == "Greet"


def test_closing_asks_and_can_be_called_off(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    closed: list[int] = []
    window.closed.connect(lambda: closed.append(1))
    window.session.do(SetNode("say", {"title": "Greet"}))
    desk.trigger("file.quit")
    desk.answer("Cancel")
    assert window.isVisible()
    assert not closed
    desk.trigger("file.quit")
    desk.answer("Don't save")
    desk.wait(lambda: closed)
    assert not window.isVisible()


def test_what_can_not_be_opened_says_why_and_nothing_changes(
    desk: Desk, flow: Workflow, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "baton.workflow", ')

    async def opened() -> None:
        desk.window.opening.file(broken)

    desk.run(opened())
    desk.answer("OK")
    assert desk.window.session.workflow == flow


def test_a_second_window_on_the_same_file_may_only_look(desk: Desk, flow: Workflow, tmp_path: Path) -> None:
    path = saved(flow, tmp_path)
    desk.run(desk.window.files.open(path))
    first, desk.window = desk.window, desk.open_window()

    async def opened() -> None:
        desk.window.opening.file(path)

    desk.run(opened())
    desk.answer("Look at it here")
    desk.wait(lambda: desk.window.session.place.path == path)
    assert desk.window.session.place.read_only
    assert desk.window.strips.has("read_only")
    assert not desk.window.action_set["step.add"].isEnabled()
    desk.close()
    desk.window = first


def test_a_file_changed_by_another_program_is_told_and_can_be_loaded(
    desk: Desk, flow: Workflow, tmp_path: Path
) -> None:
    window = desk.window
    path = saved(flow, tmp_path)
    desk.run(window.files.open(path))
    window.session.do(SetNode("say", {"title": "Mine"}))
    mine = window.session.workflow
    path.write_bytes(path.read_bytes().replace(b'"Wrap"', b'"Theirs"'))
    window.files.look_at_disk()
    assert window.strips.has("disk")
    desk.trigger("file.save")
    desk.answer("Load what is on the disk")
    desk.wait(lambda: window.session.workflow.graph.nodes["say"].title == "Theirs")
    assert window.session.is_saved
    window.session.undo_stack.undo()
    assert window.session.workflow == mine


def test_work_of_a_crashed_window_is_offered_and_recovered(desk: Desk, flow: Workflow) -> None:
    crashed = RecoveryCopy(folders())
    crashed.write(None, flow, own=True)
    assert crashed._lock is not None
    crashed._lock.release()
    window = desk.window
    window.session.open(Workflow("other", "Other"), Place())
    window.notices.offer_recovery()
    assert window.strips.has("recovery")
    button = window.strips.findChild(QPushButton)
    assert button is not None

    async def press() -> None:
        button.click()

    desk.run(press())
    desk.wait(lambda: nodes(desk) == set(flow.graph.nodes))
    assert not window.session.is_saved
    assert window.session.place.trust == "mine"
    desk.wait(lambda: not window.strips.has("recovery"))


def test_a_crash_is_told_once_and_its_report_copied(desk: Desk) -> None:
    window = desk.window
    window.notices.tell_of_crash()
    assert not window.strips.has("crash")
    report = crash_reports.report(folders().logs, "engine-host", AttributeError("no such part"))
    assert report is not None
    window.notices.tell_of_crash()
    assert window.strips.has("crash")
    button = window.strips.findChild(QPushButton)
    assert button is not None
    assert button.text() == "Copy the report"
    button.click()
    assert QApplication.clipboard().text() == crash_reports.read(report)
    window.strips.drop("crash")
    window.notices.tell_of_crash()
    assert not window.strips.has("crash")


def test_unsaved_work_is_kept_beside_and_dropped_when_saved(
    desk: Desk, flow: Workflow, tmp_path: Path
) -> None:
    window = desk.window
    desk.run(window.files.open(saved(flow, tmp_path)))
    copies = folders().state / "recovery"
    window.session.do(SetNode("say", {"title": "Greet"}))
    window.files.keep_copy()
    (copy,) = copies.glob("*.json")
    assert "Greet" in copy.read_text()
    desk.trigger("file.save")
    desk.wait(lambda: not copy.exists())


# --- a disk that takes nothing ------------------------------------------------------------------------------


def test_a_safety_copy_that_cannot_be_written_is_told_once(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    blocked = folders().state / "recovery"
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file stands where the folder should be")
    window.session.open(flow, Place())
    window.session.do(SetNode("say", {"title": "Greet"}))
    assert not window.files.keep_copy()
    (words,) = window.strips.words()
    assert "safety copy" in words
    assert str(folders().state) in words
    window.strips.drop("copy")  # the person has read it
    assert not window.files.keep_copy()
    assert not window.strips.words()
    blocked.unlink()
    assert window.files.keep_copy()
    assert len(list(blocked.glob("*.json"))) == 1


def test_the_strip_goes_when_the_copy_can_be_written_again(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    blocked = folders().state / "recovery"
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("")
    window.session.open(flow, Place())
    window.session.do(SetNode("say", {"title": "Greet"}))
    window.files.keep_copy()
    assert window.strips.has("copy")
    blocked.unlink()
    window.files.keep_copy()
    assert not window.strips.has("copy")


def test_preferences_that_cannot_be_saved_are_told_once_and_hold(desk: Desk) -> None:
    window = desk.window
    config = folders().config
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("a file stands where the folder should be")
    window.preferences.change(theme="light")
    window.preferences.change(theme="dark")
    assert [words.split(" (")[0] for words in window.strips.words()] == [
        f"Your preferences can't be saved to {config}"
    ]
    assert window.preferences.now.theme == "dark"
    config.unlink()
    window.preferences.change(theme="light")
    assert not window.strips.words()


def test_damaged_preferences_are_kept_aside_and_told_once(desk: Desk) -> None:
    file = settings_file(folders())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"language": "zh-')
    first = desk.open_window()
    aside = file.with_name("settings.json.damaged")
    assert [words for words in first.strips.words() if str(aside) in words]
    assert aside.read_text() == '{"language": "zh-'
    first.preferences.change(theme="light")
    second = desk.open_window()
    assert not second.strips.words()
    assert second.preferences.now.theme == "light"


# --- from outside -------------------------------------------------------------------------------------------


def test_a_file_from_outside_opens_calmly_and_restricted(desk: Desk, flow: Workflow, tmp_path: Path) -> None:
    window = desk.window
    desk.run(window.files.open(saved(flow, tmp_path)))
    assert window.session.place.trust == "new"
    assert window.strips.words() == [
        "From outside. You can look and change it. Nothing runs until you review it."
    ]
    assert window.top.state.text() == "From outside · not reviewed"
    assert not window.session.place.read_only
    desk.run(window.files.open_example(starter_path()))
    assert window.session.place.trust == "mine"
    assert not window.strips.words()


def test_what_was_reviewed_here_opens_without_a_word(desk: Desk, flow: Workflow, tmp_path: Path) -> None:
    ReviewedStore(folders()).remember(digest(flow), Grants(), flow.name)
    desk.run(desk.window.files.open(saved(flow, tmp_path)))
    assert desk.window.session.place.trust == "reviewed"
    assert not desk.window.strips.words()


# --- the run in the window ----------------------------------------------------------------------------------


def test_problems_are_listed_and_lead_to_their_step(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    window.session.show_problems([Problem("input.missing", node="say", args={"port": "message"})])
    window.show_problems()
    assert window.runs.problems.isVisible()
    show = next(b for b in window.runs.problems.findChildren(QPushButton) if b.text() == "Show")
    show.click()
    assert window.canvas.selection.nodes == {"say"}


def test_a_question_comes_to_the_top_and_can_be_decided(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    heard: list[tuple[object, ...]] = []
    window.runs.decided.connect(lambda *said: heard.append(said))
    window.session.begin_run(flow)
    window.session.fold(
        [
            RunStarted("r", "flow", "Small", "d", "now", ("say",)),
            NodeStarted(0.0, "say", ""),
            PersonAsked(0.1, "say", "", "Is this right?", "", "Hello", True),
        ]
    )
    desk.wait(
        lambda: window.runs.questions.isVisible() and window.runs.questions.findChild(QPushButton) is not None
    )
    approve = window.runs.questions.findChild(QPushButton, "person.approve")
    assert approve is not None
    desk.run(_pressed(approve))
    assert heard == [("say", "", "approved", "Hello", "")]


def test_a_paused_run_asks_for_a_limit_that_is_enough(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    window.session.begin_run(flow)
    window.session.fold(
        [
            RunStarted("r", "flow", "Small", "d", "now", ("say",), None, "0.05"),
            BudgetReached(1.0, "say", "", "0.04", "0.05", "0.02"),
            RunPaused(1.0, "paused"),
        ]
    )
    banner = window.runs.budget
    desk.wait(banner.isVisible)
    limit = banner.findChild(QLineEdit)
    resume = banner.findChild(QPushButton, "budget.resume")
    assert limit is not None
    assert resume is not None
    assert resume.isEnabled()
    limit.setText("0.05")
    assert not resume.isEnabled()


def test_run_from_the_button_through_the_form_to_the_result(live: Desk, tmp_path: Path) -> None:
    window = live.window
    window.session.open(template_flow(), Place())
    live.wait(window.top.run.main.isEnabled)
    live.run(_pressed(window.top.run.main))
    live.wait(lambda: any(form.isVisible() for form in window.findChildren(RunForm)))
    (form,) = window.findChildren(RunForm)
    form.show_mode("once")
    form.form.show_fields({"message": "Good morning"})
    live.run(_pressed(form.start))
    live.wait(lambda: window.session.run.status == "done")
    assert window.session.run.outputs["reply"].text == "Dear customer: Good morning"
    live.wait(lambda: window.top.run.main.text().strip() == "Run")
    window.runs.show_tab("results")
    assert any("Good morning" in box.toPlainText() for box in _texts(window))


async def _pressed(button: QPushButton) -> None:
    button.click()


def _texts(window: MainWindow) -> list[QPlainTextEdit]:
    return window.runs.results.findChildren(QPlainTextEdit)


# --- the window itself --------------------------------------------------------------------------------------


def test_language_and_theme_switch_live(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    desk.trigger("view.theme")
    assert appearance().theme.name == "light"
    window.preferences.change(language="zh-CN")
    assert window.top.run.main.text().strip() == "运行"
    assert window.action_set["edit.undo"].text() == "撤销"
    window.preferences.change(language="en")
    assert window.top.run.main.text().strip() == "Run"


def test_panels_fold_and_their_sizes_are_remembered(desk: Desk) -> None:
    window = desk.window
    desk.trigger("view.inspector")
    desk.trigger("view.outline")
    assert not window.inspector.isVisible()
    assert window.outline.isVisible()
    closed: list[int] = []
    window.closed.connect(lambda: closed.append(1))
    desk.trigger("file.quit")
    desk.wait(lambda: closed)
    again = desk.open_window()
    assert not again.inspector.isVisible()
    assert again.outline.isVisible()
    assert not again.first_start
    again.files.close()
    again.deleteLater()


def test_every_action_does_something_and_has_its_texts(desk: Desk) -> None:
    for action in ACTIONS:
        made = desk.window.action_set[action.id]
        assert made.receivers("2triggered(bool)") > 0 or made.receivers("2triggered()") > 0, action.id
        assert has(f"action.{action.id}", "en"), action.id
        assert has(f"action.{action.id}", "zh-CN"), action.id


def test_no_two_actions_share_their_keys() -> None:
    assert clashes({}) == {}


def test_keys_can_be_bound_anew(desk: Desk, flow: Workflow) -> None:
    desk.window.preferences.change(shortcuts={"step.disable": "X"})
    desk.window.canvas.select(only("nodes", "say"))
    desk.hand.key(Qt.Key.Key_D)
    assert not desk.window.session.workflow.graph.nodes["say"].disabled
    desk.hand.key(Qt.Key.Key_X)
    assert desk.window.session.workflow.graph.nodes["say"].disabled


def test_the_start_page_opens_examples_as_copies(desk: Desk) -> None:
    window = desk.window
    desk.trigger("file.home")
    assert window.start.isVisible()
    for example in examples(window.registry):
        assert example.title == example.workflow.name
        assert example.summary == example.workflow.description
    desk.run(_example(desk))
    desk.wait(lambda: len(nodes(desk)) > 3)
    assert window.canvas.isVisible()
    assert window.session.place.path is None
    assert window.session.place.trust == "mine"


def test_a_new_workflow_is_one_button_on_the_start_page(desk: Desk) -> None:
    desk.trigger("file.home")
    buttons = desk.window.findChildren(QPushButton)
    assert [b for b in buttons if b.text() == "New workflow" and b.isVisible()] == [desk.window.top.new]


def test_another_workflow_with_a_step_of_the_same_id_opens_with_none_selected(
    desk: Desk, flow: Workflow
) -> None:
    window = desk.window
    window.session.open(flow, Place())
    window.canvas.show_node("say")
    assert window.inspector.step is not None
    window.session.open(flow, Place())
    assert window.canvas.selection.nodes == {"say"}
    assert window.inspector.step is not None, "the same one read anew keeps it in both places"
    window.session.open(replace(flow, id="another"), Place())
    assert not window.canvas.selection
    assert window.inspector.step is None


async def _example(desk: Desk) -> None:
    desk.window.start.example.emit(starter_path())
    await until(lambda: desk.window.session.workflow.graph.nodes)


def test_the_budget_is_set_at_its_chip(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    window.top.budget.click()
    field = window.budget_question.findChild(QLineEdit)
    assert field is not None
    assert window.budget_question.isVisible()
    field.setText("0.25")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.session.workflow.settings.budget_usd == "0.25"
    window.session.undo_stack.undo()
    assert window.session.workflow.settings.budget_usd is None


def test_a_click_on_the_badge_of_a_problem_lists_it(desk: Desk, flow: Workflow) -> None:
    window = desk.window
    window.session.show_problems([Problem("input.missing", node="say", args={"port": "message"})])
    window.canvas.intents.problem_requested.emit("say")
    assert window.runs.problems.isVisible()
    assert window.canvas.selection.nodes == {"say"}


def _sheet(window: MainWindow) -> TrustSheet | None:
    return next((found for found in window.findChildren(TrustSheet) if found.isVisible()), None)


def test_what_comes_from_outside_is_reviewed_before_it_runs(live: Desk, tmp_path: Path) -> None:
    window = live.window
    live.run(window.files.open(saved(template_flow(), tmp_path)))
    live.trigger("run.samples")
    live.wait(lambda: _sheet(window))
    sheet = _sheet(window)
    assert sheet is not None
    live.run(_pressed(sheet.cancel))
    live.wait(lambda: _sheet(window) is None)
    assert window.session.run.status == "none"
    live.trigger("run.samples")
    live.wait(lambda: _sheet(window))
    sheet = _sheet(window)
    assert sheet is not None
    assert not sheet.keep.isEnabled()  # not before every row was opened
    live.run(_pressed(sheet.once))
    live.wait(lambda: window.session.run.status == "done")
    assert window.session.run.rows_done == 3
    assert window.session.place.trust == "new"  # once, not from now on


def test_what_was_allowed_from_now_on_is_asked_about_again_when_it_changed(
    live: Desk, tmp_path: Path
) -> None:
    window = live.window
    path = saved(template_flow(), tmp_path)
    live.run(window.files.open(path))
    live.trigger("run.samples")
    live.wait(lambda: _sheet(window))
    sheet = _sheet(window)
    assert sheet is not None
    for row in sheet.rows:
        row.set_open(True)
    live.run(_pressed(sheet.keep))
    live.wait(lambda: window.session.run.status == "done")
    assert window.session.place.trust == "reviewed"
    assert not window.strips.has("restricted")
    window.session.do(SetFields("say", {"text": "Other words: {{message}}"}))
    live.wait(lambda: not window.stream.is_running)
    live.trigger("run.samples")
    live.wait(lambda: _sheet(window))
