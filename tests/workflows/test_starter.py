"""The starter as a newcomer meets it: from the command line, on the model of this computer, with no network at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from app.document.json_codec import read
from app.settings import resource_folder

ROOT = Path(__file__).resolve().parents[2]
STARTER = resource_folder() / "examples" / "sort-the-inbox.baton.json"
FIXTURES = ROOT / "tests" / "fixtures"
MODELS = ("cheap", "stronger", "all")
CHECKS = {"cheap_right": "cheap", "all_right": "stronger", "cascade_right": "cascade"}


def _alone() -> list[str]:
    """What makes a command run where only loopback is up; empty where this system doesn't let us."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return []
    prefix = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    works = subprocess.run([*prefix, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return prefix if works.returncode == 0 else []


ALONE = _alone()


@pytest.mark.skipif(not ALONE, reason="no network namespace can be made here")
@pytest.mark.xdist_group("embedded")
@pytest.mark.timeout(900)
def test_the_starter_runs_on_all_its_samples_without_a_network() -> None:
    command = f"ip link set lo up && exec '{sys.executable}' -m app run '{STARTER}' --rows samples --json"
    ended = subprocess.run(
        [*ALONE, "sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=880, check=False
    )
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    nodes = {node["id"]: node for node in report["nodes"]}
    assert report["rows"] == {"total": 60, "done": 60, "failed": 0}
    assert len(report["outputs"]["label"]) == 60
    for name in MODELS:
        assert nodes[name]["usage"]["input"] > 0
        assert nodes[name]["usage"]["output"] > 0
        assert nodes[name]["model"]
    assert 0 < nodes["stronger"]["instances"] < 60
    costs = [Decimal(node["cost"]["usd"]) for node in report["nodes"]]
    assert sum(costs) == Decimal(report["total"]["cost"]["usd"])
    assert sum(node["usage"]["input"] for node in report["nodes"]) == report["total"]["usage"]["input"]
    for name in CHECKS:
        verdicts = nodes[name]["verdicts"]
        assert verdicts["passed"] + verdicts["failed"] == 60
        assert verdicts["baseline"] == pytest.approx(16 / 60, abs=1e-4)
        # Far above what the commonest answer gets, and not a figure of one machine's rounding.
        assert verdicts["interval"][0] > verdicts["baseline"] + 0.3
    # A row's own answers decide the verdicts, not the report.
    known = [row["answer"] for row in _samples()]
    right = sum(label == answer for label, answer in zip(report["outputs"]["label"], known, strict=True))
    assert right == nodes["cascade_right"]["verdicts"]["passed"]


def _samples() -> list[dict[str, str]]:
    workflow = read(STARTER.read_bytes()).workflow
    return list(workflow.graph.nodes["ask"].fields["samples"])  # type: ignore[arg-type,return-value]


def _lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FIXTURES / name).read_text("utf-8").splitlines()]


def test_the_samples_are_the_scored_messages_and_none_of_them_was_used_to_tune() -> None:
    scored = [
        {"message": r["message"], "answer": r["answer"]}
        for r in _lines("inbox-scored.jsonl")
        if r["language"] == "en"
    ]
    assert _samples() == scored[:60]
    fields = json.loads((FIXTURES / "inbox-fields.json").read_text("utf-8"))
    seen = {row["message"] for row in _lines("inbox-tuning.jsonl")}
    seen |= {example["text"] for way in ("cheap", "stronger") for example in fields[way]["examples"]}
    assert not seen & {row["message"] for row in _lines("inbox-scored.jsonl")}


def test_the_starter_has_the_settings_that_were_measured() -> None:
    nodes = read(STARTER.read_bytes()).workflow.graph.nodes
    fields = json.loads((FIXTURES / "inbox-fields.json").read_text("utf-8"))
    assert dict(nodes["cheap"].fields) == fields["cheap"]
    for name in ("stronger", "all"):
        assert {k: v for k, v in nodes[name].fields.items() if k != "model"} == fields["stronger"]
    assert nodes["sure"].fields["rules"] == [{"rule": "confidence", "at_least": fields["least_confidence"]}]
