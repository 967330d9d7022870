"""Every text of every type's form has its room, in both languages, in the narrow panel."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.registry.discovery import discover
from app.sdk.spec import NodeSpec
from app.ui.appearance import appearance
from app.ui.inspector.form import Form
from app.ui.node_texts import field_texts
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
