"""Every form of every type in the narrow panel: no text is cut off, and whatever a key reaches has a name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from app.registry.discovery import discover
from app.registry.node_texts import field_texts
from app.sdk.spec import NodeSpec
from app.ui.appearance import appearance
from app.ui.inspector.form import Form
from tests.ui.fit import clipped
from tests.ui.inspector.world import Here, shown


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("spec", discover().specs, ids=lambda spec: spec.id)
def test_no_text_of_a_form_is_cut_off(qtbot: QtBot, spec: NodeSpec, language: str) -> None:
    appearance().set_language(language)
    form = Form(spec.fields, field_texts(spec), Here())
    form.show_fields({field.name: [{}] for field in spec.fields if field.row})
    form.refresh()
    form._more.set_open(True)
    window = shown(qtbot, form, width=280)
    qtbot.waitUntil(lambda: not clipped(window))


def nameless(root: QWidget) -> list[str]:
    """Widgets that a key can reach and a screen reader has no name for."""
    reached = [
        w
        for w in root.findChildren(QWidget)
        if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisibleTo(root)
    ]
    inner = (QScrollArea, QScrollBar)
    return [
        f"{type(w.parentWidget()).__name__} › {type(w).__name__}"
        for w in reached
        if w.focusProxy() is None
        and not isinstance(w, inner)
        and not w.accessibleName()
        and not (isinstance(w, QAbstractButton) and w.text())
    ]


@pytest.mark.parametrize("spec", discover().specs, ids=lambda spec: spec.id)
def test_whatever_a_key_reaches_has_a_name(qtbot: QtBot, spec: NodeSpec) -> None:
    form = Form(spec.fields, field_texts(spec), Here())
    form.show_fields({field.name: [{}] for field in spec.fields if field.row})
    form.refresh()
    form._more.set_open(True)
    window = shown(qtbot, form)
    assert nameless(window) == []
