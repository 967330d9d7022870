"""Actions as data: everything that a person can trigger, its keys, its icon and when it is possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Where: TypeAlias = Literal["window", "canvas"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What actions depend on, looked at whenever it may have changed."""

    steps: int = 0
    shown: int = 0  # steps on the level that is open
    frames: int = 0  # frames among the selected steps
    inside: bool = False  # a frame is open
    selected_steps: int = 0
    selected: int = 0  # steps, links, notes and groups
    grouped: bool = False  # the selection holds a group or a member of one
    clipboard: bool = False
    can_undo: bool = False
    can_redo: bool = False
    can_save: bool = False
    editable: bool = True
    running: bool = False
    samples: bool = False
    pinned: int = 0  # pinned ones among the selected steps
    ran: bool = False  # the one selected step has a result of a run that is over


def _always(_: Situation) -> bool:
    return True


def _steps(now: Situation) -> bool:
    return now.steps > 0


def _shown(now: Situation) -> bool:
    return now.shown > 0


def _selected_steps(now: Situation) -> bool:
    return now.selected_steps > 0


def _changes_steps(now: Situation) -> bool:
    return now.selected_steps > 0 and now.editable


def _switches_steps(now: Situation) -> bool:
    return (now.selected_steps > 0 or now.grouped) and now.editable


def _editable(now: Situation) -> bool:
    return now.editable


def _can_run(now: Situation) -> bool:
    return now.steps > 0 and not now.running


def _can_run_to(now: Situation) -> bool:
    return now.selected_steps == 1 and not now.running


def _can_run_from(now: Situation) -> bool:
    return _can_run_to(now) and not now.inside


def _can_pin(now: Situation) -> bool:
    return now.selected_steps == 1 and (now.ran or now.pinned > 0)


@dataclass(frozen=True, slots=True)
class Action:
    """`id` is the key of its texts (`action.<id>`, and `action.<id>.tip` where the name isn't enough).

    `keys` are portable key sequences, the first is shown; a person may replace them. Keys of
    `canvas` work where steps have the focus, so that letters can be typed elsewhere.
    """

    id: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    where: Where = "window"
    possible: Callable[[Situation], bool] = _always
    checkable: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("file.home", icon="workflow"),
    Action("file.new", ("Ctrl+N",), "plus"),
    Action("file.open", ("Ctrl+O",), "folder-open"),
    Action("file.save", ("Ctrl+S",), possible=lambda now: now.can_save),
    Action("file.save_as", ("Ctrl+Shift+S",)),
    Action("file.rename", icon="pencil", possible=_editable),
    Action("file.quit", ("Ctrl+Q",)),
    Action("edit.undo", ("Ctrl+Z",), "undo-2", possible=lambda now: now.can_undo),
    Action("edit.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2", possible=lambda now: now.can_redo),
    Action("edit.cut", ("Ctrl+X",), where="canvas", possible=_changes_steps),
    Action("edit.copy", ("Ctrl+C",), "copy", "canvas", _selected_steps),
    Action("edit.paste", ("Ctrl+V",), where="canvas", possible=lambda now: now.clipboard and now.editable),
    Action("edit.duplicate", ("Ctrl+D",), where="canvas", possible=_changes_steps),
    Action(
        "edit.delete",
        ("Del", "Backspace"),
        "trash-2",
        "canvas",
        lambda now: now.selected > 0 and now.editable,
    ),
    Action("edit.select_all", ("Ctrl+A",), where="canvas", possible=_shown),
    Action("edit.find", ("Ctrl+F",), "search", possible=_steps),
    Action("step.add", ("Tab", "N"), "plus", "canvas", _editable),
    Action("step.rename", ("F2",), "pencil", "canvas", lambda now: now.selected_steps == 1 and now.editable),
    Action("step.disable", ("D",), "ban", "canvas", _switches_steps),
    Action("step.group", ("Ctrl+G",), "group", "canvas", _changes_steps),
    Action(
        "step.ungroup", ("Ctrl+Shift+G",), where="canvas", possible=lambda now: now.grouped and now.editable
    ),
    Action("step.open", ("Alt+Down",), "layers", "canvas", lambda now: now.frames == now.selected_steps == 1),
    Action("step.into_map", icon="layers", where="canvas", possible=_changes_steps),
    Action("step.into_loop", icon="repeat", where="canvas", possible=_changes_steps),
    Action(
        "step.unpack",
        where="canvas",
        possible=lambda now: now.frames == now.selected_steps == 1 and now.editable,
    ),
    Action("step.run_to", icon="step-forward", where="canvas", possible=_can_run_to),
    Action("step.run_from", icon="list-restart", where="canvas", possible=_can_run_from),
    Action("step.pin", ("P",), "pin", "canvas", _can_pin),
    Action("step.edit_pin", where="canvas", possible=_can_pin),
    Action("step.unpin", icon="pin-off", where="canvas", possible=lambda now: now.pinned > 0),
    Action("step.clear", icon="database", where="canvas", possible=_selected_steps),
    Action("step.note", ("Shift+S",), "sticky-note", "canvas", _editable),
    Action("step.tidy", ("Shift+L",), where="canvas", possible=lambda now: now.shown > 1 and now.editable),
    Action("view.palette", ("Ctrl+K",), "search"),
    Action("view.fit", ("1",), "maximize", "canvas", _shown),
    Action("view.up", ("Alt+Up",), "corner-left-up", "canvas", lambda now: now.inside),
    Action("view.full_size", ("0",), where="canvas"),
    Action("view.zoom_in", ("Ctrl++", "Ctrl+="), "plus"),
    Action("view.zoom_out", ("Ctrl+-",), "minus"),
    Action("view.library", ("Ctrl+Alt+1",), checkable=True),
    Action("view.inspector", ("Ctrl+Alt+2",), checkable=True),
    Action("view.runs", ("Ctrl+Alt+3",), checkable=True),
    Action("view.outline", ("Ctrl+Alt+4",), checkable=True),
    Action("view.history", ("Ctrl+H",), "history"),
    Action("view.compare", ("Ctrl+Shift+H",), "git-compare"),
    Action("view.models", ("Ctrl+Shift+M",), "cpu"),
    Action("view.theme", icon="sun"),
    Action("view.keys", ("?",), "keyboard", "canvas"),
    Action("run.toggle", ("Ctrl+Return", "Ctrl+Enter"), "play", possible=lambda now: now.steps > 0),
    Action("run.once", icon="play", possible=_can_run),
    Action("run.samples", icon="list-checks", possible=lambda now: _can_run(now) and now.samples),
    Action("run.table", icon="table", possible=_can_run),
    Action("run.dry", icon="flask-conical", possible=_can_run),
    Action("run.clear", possible=_steps),
    Action("run.stop", icon="square", possible=lambda now: now.running),
    Action("help.fitting", ("F1",), "circle-question-mark"),
    Action("help.contents"),
    Action("help.tutorial"),
    Action("app.preferences", ("Ctrl+,",), "settings"),
    Action("app.new_version", icon="download"),
)

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def keys_of(action: Action, chosen: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that work: the person's own choice (one sequence, empty for none) or the defaults."""
    if action.id in chosen:
        return (chosen[action.id],) if chosen[action.id] else ()
    return action.keys


def clashes(chosen: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Key sequences that more than one action would answer to, with the ids of those actions."""
    users: dict[str, list[str]] = {}
    for action in ACTIONS:
        for keys in keys_of(action, chosen):
            users.setdefault(keys, []).append(action.id)
    return {keys: tuple(ids) for keys, ids in users.items() if len(ids) > 1}
