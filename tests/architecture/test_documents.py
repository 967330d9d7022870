"""The documents for people name only what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:app|nodes|packaging|resources|tests)/[^`\s<*]*)`")
LINKED = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_path_in_a_document_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    missing = [path for path in NAMED.findall(text) + LINKED.findall(text) if not (ROOT / path).exists()]
    assert not missing, "\n".join(missing)
