"""Where data goes: by the address that is asked, whoever typed it."""

from __future__ import annotations

import pytest

from app.adapters.connection import Connection
from app.adapters.model_places import GoesTo, goes_to


@pytest.mark.parametrize(
    ("connection", "goes"),
    [
        (Connection("a", "ollama"), GoesTo("computer")),
        (Connection("a", "openai"), GoesTo("cloud", "OpenAI", "US")),
        (Connection("a", "openai", "https://api.openai.com/v1"), GoesTo("cloud", "OpenAI", "US")),
        (Connection("a", "openai", "https://eu.api.openai.com/v1"), GoesTo("cloud", "OpenAI")),
        (
            Connection("a", "openai_compatible", "https://api.fireworks.ai/inference/v1"),
            GoesTo("cloud", "Fireworks AI"),
        ),
        (Connection("a", "azure", "https://me.openai.azure.com"), GoesTo("cloud", "Azure OpenAI")),
        (
            Connection("a", "openai_compatible", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
            GoesTo("cloud", "阿里云百炼 DashScope", "SG"),
        ),
        (
            Connection("a", "openai_compatible", "https://proxy.acme.example/v1"),
            GoesTo("internet", "proxy.acme.example"),
        ),
        (
            Connection("a", "openai_compatible", "https://api.openai.com.x.example/v1"),
            GoesTo("internet", "api.openai.com.x.example"),
        ),
        (Connection("a", "openai_compatible", "http://8.8.8.8/v1"), GoesTo("internet", "8.8.8.8")),
        (
            Connection("a", "openai_compatible", "http://192.168.1.4:8000/v1"),
            GoesTo("company", "192.168.1.4"),
        ),
        (Connection("a", "openai_compatible", "http://10.2.3.4/v1"), GoesTo("company", "10.2.3.4")),
        (Connection("a", "openai_compatible", "http://gpu.local/v1"), GoesTo("company", "gpu.local")),
        (Connection("a", "ollama", "http://bigbox:11434/v1"), GoesTo("company", "bigbox")),
        (Connection("a", "ollama", "https://ollama.com/v1"), GoesTo("cloud", "Ollama")),
    ],
    ids=str,
)
def test_an_address_says_where_data_goes(connection: Connection, goes: GoesTo) -> None:
    assert goes_to(connection) == goes


@pytest.mark.parametrize(
    ("model", "remote", "place"),
    [
        ("gpt-oss:120b-cloud", "", "cloud"),
        ("gemma4:cloud", "", "cloud"),
        ("mine:latest", "https://ollama.com:443", "cloud"),
        ("mine:latest", "http://127.0.0.1:11435", "computer"),
        ("cloud:7b", "", "computer"),
        ("word-cloud:latest", "", "computer"),
        ("qwen2.5:7b", "", "computer"),
    ],
)
def test_a_server_here_may_send_on_what_one_of_its_models_is_asked(
    model: str, remote: str, place: str
) -> None:
    assert goes_to(Connection("Ollama", "ollama"), model, remote).place == place
