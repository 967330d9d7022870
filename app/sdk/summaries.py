"""Whether what a model answered can stand for the text that it was to sum up."""

from __future__ import annotations

import re

from app.sdk.gateway import ChatReply

# A summary may begin like that, too: then the text itself stays, which loses nothing.
_REFUSES = re.compile(
    r"\W*(i('|’)?m sorry|i am sorry|sorry|unfortunately,? i|i (cannot|can(’|')?t|could not|am unable|won(’|')?t)"
    r"|i('|’)m (unable|not able)|as an ai|抱歉|对不起|很抱歉|非常抱歉|很遗憾|我(无法|不能|没法)|无法)",
    re.IGNORECASE,
)


def stands_for_it(reply: ChatReply) -> bool:
    """Not where it is empty, was broken off, or declines."""
    return reply.finish == "stop" and bool(reply.text.strip()) and not _REFUSES.match(reply.text)
