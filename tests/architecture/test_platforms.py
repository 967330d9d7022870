"""The list of what was run where names every file that does something else on another system."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASKS = re.compile(r"\b(sys\.platform|os\.name)\b|hasattr\((time|select|os|signal|socket), ")


def test_every_file_that_asks_for_the_system_is_listed() -> None:
    asking = {
        str(path.relative_to(ROOT))
        for package in ("app", "nodes")
        for path in (ROOT / package).rglob("*.py")
        if ASKS.search(path.read_text("utf-8"))
    }
    listed = re.findall(
        r"^\| `(app/[^`]+)` \|", (ROOT / "docs/platforms.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(asking) == listed
