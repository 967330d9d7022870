"""The first page of Help: its parts with their pages, and what each page is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.guide.markdown import first_sentence, title
from app.guide.order import PARTS
from app.texts import text


def index_page(read: Callable[[str], str]) -> str:
    """In the language of now; `read` gives a page's Markdown."""
    return "\n\n".join(_parts(read)) + "\n"


def _parts(read: Callable[[str], str]) -> Iterator[str]:
    yield f"# {text('guide.index.title')}"
    yield text("guide.index.words")
    for part, pages in PARTS.items():
        yield f"## {text(f'guide.part.{part}')}"
        yield "\n".join(f"- [{title(read(page))}]({page}.md): {first_sentence(read(page))}" for page in pages)
