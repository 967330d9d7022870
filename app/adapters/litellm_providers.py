"""The providers that litellm speaks to beyond those with a form of their own, read without importing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.adapters.litellm_prices import list_path
from app.settings import resource_folder

_LIST = "provider_endpoints_support_backup.json"
# What is not offered, and why. Each of these would lead past the one door for requests, or nowhere.
_OWN_FORM = {
    *("anthropic", "azure", "bedrock", "dashscope", "deepseek", "gemini", "groq", "hosted_vllm", "lm_studio"),
    *("mistral", "moonshot", "ollama", "ollama_chat", "openai", "openrouter", "vllm", "xai", "zai"),
}
_OWN_LOGIN = {  # a login in the browser, or a library of the provider that signs requests by itself
    *(
        "chatgpt",
        "cursor",
        "gigachat",
        "github_copilot",
        "oci",
        "sagemaker",
        "sagemaker_chat",
        "sap",
        "vertex_ai",
    ),
    *("amazon_nova", "vertex_ai/agent_engine", "watsonx", "watsonx_text"),
}
_NO_CHAT_MODELS = {  # agents, speech, pictures
    *("a2a", "assemblyai", "auto_router", "azure_ai/agents", "custom", "deepgram", "elevenlabs", "fal_ai"),
    *("langgraph", "manus", "ragflow"),
}
_OLD_WAYS = {  # another name of one that is offered, or the way before chat
    *("ai21", "anthropic_text", "azure_text", "custom_openai", "nanogpt", "text-completion-codestral"),
    *("text-completion-openai", "venice"),
}
_TOO_STRICT = {"gradient_ai"}  # refuses what keeps litellm from trying again by itself
_HIDDEN = _TOO_STRICT | _OWN_FORM | _OWN_LOGIN | _NO_CHAT_MODELS | _OLD_WAYS


@dataclass(frozen=True, slots=True)
class Provider:
    """`id` is litellm's name, `title` the provider's own. An empty `url`: only the person knows the address."""

    id: str
    title: str
    url: str = ""


@cache
def providers() -> Mapping[str, Provider]:
    """By id, in the order of their titles; empty where the list can't be read."""
    path = list_path()
    try:
        known: dict[str, Any] = (
            json.loads(path.with_name(_LIST).read_text("utf-8"))["providers"] if path else {}
        )
        addresses: dict[str, str] = json.loads(
            (resource_folder() / "models/providers.json").read_text("utf-8")
        )
    except (OSError, ValueError, KeyError):
        return {}
    found = [
        Provider(name, _title(name, facts.get("display_name", "")), addresses.get(name, ""))
        for name, facts in known.items()
        if name not in _HIDDEN and facts.get("endpoints", {}).get("chat_completions")
    ]
    return {one.id: one for one in sorted(found, key=lambda one: one.title.casefold())}


def _title(name: str, shown: str) -> str:
    """The list writes "Cohere (`cohere`)"."""
    return shown.partition(" (`")[0].strip() or name
