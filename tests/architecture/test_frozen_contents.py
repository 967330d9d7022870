"""What must and what may not be in the packaged program is told apart; the smoke run asks this of the real one."""

from __future__ import annotations

from pathlib import Path

import frozen_contents
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "name",
    [
        *("tkinter.ttk", "pip._internal", "setuptools", "_pytest.fixtures", "readline", "app.sdk.testing"),
        *("networkx.algorithms.tests.test_core", "jsonschema.tests", "conftest"),
        *("litellm.proxy.proxy_server", "litellm.proxy.auth.login", "fastapi"),
    ],
)
def test_what_tests_installs_or_serves_may_not_be_in(name: str) -> None:
    assert frozen_contents.left_in([name, "app.engine"], []) == [name]


@pytest.mark.parametrize("name", ["jinja2.tests", "litellm.proxy._types", "litellm.proxy", "app.testimony"])
def test_what_is_only_called_like_that_may(name: str) -> None:
    assert frozen_contents.left_in([name], []) == []


def test_files_of_tests_and_of_other_toolkits_may_not_be_in() -> None:
    files = [
        Path("_internal/libtk8.6.so"),
        Path("_internal/numpy/tests/data.csv"),
        Path("_internal/latest/x"),
    ]
    assert frozen_contents.left_in([], files) == sorted(map(str, files[:2]))


def test_what_is_loaded_by_its_name_alone_has_to_be_there() -> None:
    lacking = frozen_contents.missing(frozenset(), ROOT)
    assert {
        *("app.processes.model_host", "nodes.model.text", "tiktoken_ext.openai_public"),
        # in a folder without an __init__.py
        "litellm.llms.snowflake.common_utils",
    } <= set(lacking)
    assert not {"app.sdk.testing", "litellm.llms.bedrock.count_tokens.kimi_k3"} & set(lacking)
    assert frozen_contents.missing(frozenset(lacking), ROOT) == []
