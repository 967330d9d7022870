"""Every word that the canvas may have to say is in both catalogues."""

from __future__ import annotations

from typing import get_args

import pytest

from app.events.run_state import NodeStatus
from app.sdk.data_types import DataType
from app.sdk.node_type import Kind
from app.texts import LANGUAGES, has
from app.ui.theme import PORT_FAMILY, theme


@pytest.mark.parametrize("language", LANGUAGES)
def test_kinds_states_and_types_have_words(language: str) -> None:
    codes = [f"canvas.kind.{kind}" for kind in get_args(Kind)]
    codes += [f"canvas.type.{data_type}" for data_type in get_args(DataType)]
    codes += [f"canvas.state.{status}" for status in get_args(NodeStatus) if status != "idle"]
    assert [code for code in codes if not has(code, language)] == []


@pytest.mark.parametrize("name", ["dark", "light"])
def test_kinds_and_types_have_colours(name: str) -> None:
    look = theme("dark" if name == "dark" else "light")
    # "model" is shown as cheap or strong, by whom it asks.
    assert set(get_args(Kind)) - {"model"} <= look.kinds.keys()
    assert set(PORT_FAMILY) == set(get_args(DataType))
    assert set(PORT_FAMILY.values()) <= look.ports.keys()
