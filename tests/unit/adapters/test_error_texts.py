"""Every fault on the way to models, servers and files can be said whole: no sentence has a gap that nobody fills."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.egress_errors import _CODES as NET_CODES
from app.adapters.model_errors import _BY_STATUS, _MARKS, refusal
from app.adapters.safe_files import _CODES as FILE_CODES
from app.texts import i18n_folder

ADAPTERS = Path(__file__).parents[3] / "app" / "adapters"
GAP = re.compile(r"\{(\w+)\}")
ENGLISH: dict[str, str] = json.loads((i18n_folder() / "en" / "models.json").read_text("utf-8"))


def gaps(code: str) -> set[str]:
    return {gap for ending in ("", ".fix") for gap in GAP.findall(ENGLISH[f"problem.{code}{ending}"])}


def raised() -> Iterator[tuple[str, set[str], str]]:
    """(code, names of its arguments, place) of every literal error in the adapters that have these areas."""
    for path in ADAPTERS.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
                continue
            first = call.args[0]
            if call.func.id not in {"NodeError", "Problem"} or not isinstance(first, ast.Constant):
                continue
            given = {word.arg for word in call.keywords if word.arg}
            given |= {
                key.value
                for word in call.keywords
                if word.arg == "args" and isinstance(word.value, ast.Dict)
                for key in word.value.keys
                if isinstance(key, ast.Constant)
            }
            if f"problem.{first.value}" in ENGLISH:
                yield str(first.value), given, f"{path.name}:{call.lineno}"


def test_literal_errors_bring_what_their_sentence_needs() -> None:
    # The gateway adds the connection and the model to whatever is said of a model.
    always = {"model.": {"connection", "model"}}
    missing = [
        f"{place}: {code} needs {gaps(code) - given}"
        for code, given, place in raised()
        if gaps(code) - given - always.get(code.partition(".")[0] + ".", set())
        # Raised without arguments only to be turned into a fault of the model.
        and code not in {"net.timeout", "net.cut_off"}
    ]
    assert missing == []


REFUSALS = {*_BY_STATUS.values(), *(code for code, _ in _MARKS), "model.server_error", "model.bad_reply"}
FAULTS = {*(code for _, code in NET_CODES), "net.too_large", "net.bad_reply", "net.blocked_address"}


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_what_providers_refuse_can_be_said_whole(code: str) -> None:
    given = set(refusal(500, {}, b"", connection="C", model="m").args_by_name)
    assert gaps(code) <= given


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_faults_of_the_network_can_be_said_whole(code: str) -> None:
    assert gaps(code) <= {"host", "detail", "url"}


@pytest.mark.parametrize("code", sorted(set(FILE_CODES.values())))
def test_faults_of_files_can_be_said_whole(code: str) -> None:
    assert gaps(code) <= {"path", "name", "detail"}
