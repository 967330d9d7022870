"""Pictures without a window: PNG and SVG show the same cards as the canvas."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtGui import QImage

from app import texts
from app.document.workflow import Graph, Node, Workflow
from app.ui.canvas.picture import render_workflow
from app.ui.theme import theme
from tests.ui.canvas.triage import decorated, run_state, specs, triage

pytestmark = pytest.mark.usefixtures("qapp")


def test_png(tmp_path: Path) -> None:
    path = tmp_path / "w.png"
    assert render_workflow(decorated(), specs, run_state(), path, scale=2.0) == 2.0
    image = QImage(str(path))
    assert image.width() > 2 * 1200
    assert image.pixelColor(1, 1) == theme("dark").canvas


def test_a_run_is_seen_in_the_picture(tmp_path: Path) -> None:
    before, after = tmp_path / "a.png", tmp_path / "b.png"
    render_workflow(triage(), specs, None, before)
    render_workflow(triage(), specs, run_state(), after)
    assert before.read_bytes() != after.read_bytes()


def test_svg_is_made_of_shapes_alone(tmp_path: Path) -> None:
    path = tmp_path / "w.svg"
    named = replace(decorated(), name="<script>alert(1)</script>")
    render_workflow(named, specs, run_state(), path, theme_name="light")
    tags = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}  # noqa: S314 - our own
    assert "path" in tags
    assert not tags & {"script", "text", "image", "foreignObject"}
    assert ET.parse(path).getroot()[0].text == named.name  # noqa: S314


def test_a_picture_too_large_is_drawn_smaller(tmp_path: Path) -> None:
    nodes = {f"n{i}": Node(f"n{i}", "test.write") for i in range(2)}
    base = Workflow("w", "", graph=Graph(nodes))
    far = replace(base, layout=replace(base.layout, positions={"n0": (0, 0), "n1": (30_000, 30_000)}))
    path = tmp_path / "w.png"
    assert render_workflow(far, specs, None, path, scale=4.0) < 0.4
    assert not QImage(str(path)).isNull()


def test_an_empty_workflow_has_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "w.png"
    render_workflow(Workflow("w", ""), specs, None, path)
    assert QImage(str(path)).width() > 0


def test_the_language_is_only_borrowed(tmp_path: Path) -> None:
    english, chinese = tmp_path / "en.png", tmp_path / "zh.png"
    render_workflow(triage(), specs, run_state(), english)
    render_workflow(triage(), specs, run_state(), chinese, language="zh-CN")
    assert english.read_bytes() != chinese.read_bytes()
    assert texts.language() == "en"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        render_workflow(triage(), specs, None, tmp_path / "nowhere" / "w.png")
    with pytest.raises(OSError, match="nowhere"):
        render_workflow(triage(), specs, None, tmp_path / "nowhere" / "w.svg")
    with pytest.raises(ValueError, match=r"w\.gif"):
        render_workflow(triage(), specs, None, tmp_path / "w.gif")


def test_no_display_and_no_window_system_is_needed(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from app.ui.canvas.picture import render_workflow;"
        "from tests.ui.canvas.triage import specs, triage;"
        f"render_workflow(triage(), specs, None, Path({str(tmp_path / 'w.png')!r}))"
    )
    clean = {"PATH": "/usr/bin", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], check=True, env=clean, timeout=60, cwd=Path.cwd())
    assert (tmp_path / "w.png").stat().st_size > 10_000
