"""Where a provider takes the mark that says "keep the prompt up to here", and how a message in OpenAI's dialect has it.

Most providers keep what is sent again by themselves, and some refuse the mark.
"""

from __future__ import annotations

from typing import Any, Final

from app.adapters.connection import Connection
from app.adapters.litellm_prices import PriceList

MARK: Final = {"type": "ephemeral"}
EVERY_ROLE: Final = frozenset({"system", "user", "assistant", "tool"})
_TEXTS: Final = frozenset({"system", "user"})  # what is always a text
NO_ROLE: Final = frozenset[str]()


def marked_roles(connection: Connection, model: str, prices: PriceList) -> frozenset[str]:
    """Whose messages may have the mark."""
    match connection.litellm_name:
        case "anthropic":
            return EVERY_ROLE
        case "bedrock":
            return _on_bedrock(connection, model, prices)
        case _:
            pass
    if connection.kind == "openrouter" and model.startswith("anthropic/"):
        return _TEXTS
    if connection.kind == "dashscope" or (connection.kind == "openrouter" and model.startswith("qwen/")):
        return _by_price(connection, model, prices)
    return NO_ROLE


def _by_price(connection: Connection, model: str, prices: PriceList) -> frozenset[str]:
    """Of Qwen's models only some take the mark: those for which keeping has a price. What was kept by a mark is read at
    about a tenth, what was kept without one at a fifth: a list that names only that would say too much.
    """
    price = prices.price(connection.kind, model, connection.name, connection.provider, connection.address)
    if price is None or price.written is None or price.cached is None or price.cached * 8 > price.input:
        return NO_ROLE
    return _TEXTS


def _on_bedrock(connection: Connection, model: str, prices: PriceList) -> frozenset[str]:
    if prices.facts(connection.kind, model, connection.provider).can_keep is not True:
        return NO_ROLE
    if "anthropic." in model:
        return EVERY_ROLE
    return _TEXTS if "amazon.nova" in model else NO_ROLE


def mark(message: dict[str, Any]) -> None:
    """As a part of the message's content, which is a text until then."""
    message["content"] = [{"type": "text", "text": message["content"], "cache_control": MARK}]
