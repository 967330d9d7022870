"""The library: the pages of Help in one language, where their links lead, and what is found in them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from app.guide.markdown import Section, anchor, sections
from app.guide.order import INDEX, PARTS
from app.guide.search import Hit, Text, found
from app.settings import help_folder
from app.texts import LANGUAGES

_ENDING = ".md"


@dataclass(frozen=True, slots=True)
class Place:
    """A page, and a heading of it; an empty anchor is its beginning."""

    page: str
    anchor: str = ""


class Library:
    """Reads each page when it is first asked for. A page's name is its path without the ending."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages: dict[str, str] = {}
        self._sections: dict[str, list[Section]] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every page there is."""
        files = self._folder.rglob(f"*{_ENDING}")
        return frozenset(file.relative_to(self._folder).with_suffix("").as_posix() for file in files)

    @cached_property
    def contents(self) -> Mapping[str, tuple[str, ...]]:
        """Pages and what stands below them, by their page; the parts stand below the index."""
        below: dict[str, tuple[str, ...]] = {}
        for pages in PARTS.values():
            for page in pages:
                inside = [name for name in self.names if posixpath.dirname(name) == page]
                below[page] = tuple(sorted(inside, key=lambda name: self.title(name).casefold()))
        return below

    def read(self, page: str) -> str:
        """The page's Markdown; that of the index where there is no such page."""
        if page not in self._pages:
            if page not in self.names:
                return self.read(INDEX)
            self._pages[page] = (self._folder / f"{page}{_ENDING}").read_text("utf-8")
        return self._pages[page]

    def sections(self, page: str) -> list[Section]:
        if page not in self._sections:
            self._sections[page] = sections(self.read(page))
        return self._sections[page]

    def title(self, page: str) -> str:
        """What the page is called."""
        return self.sections(page)[0].heading

    def follow(self, page: str, link: str) -> Place | None:
        """Where a link on a page leads; None where it leads out of Help."""
        path, _, heading = link.partition("#")
        if not path:
            return Place(page, heading)
        if not path.endswith(_ENDING):
            return None
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)).removesuffix(_ENDING)
        return Place(target, heading) if target in self.names else None

    def place_of(self, hit: Hit) -> Place:
        """Where a section that was found stands."""
        return Place(hit.page, anchor(hit.heading))

    def search(self, query: str, most: int = 40) -> list[Hit]:
        """The sections in which all words of the query stand, the most fitting first."""
        return found(query, self._texts, most)

    @cached_property
    def _texts(self) -> list[Text]:
        pages = sorted(self.names - {INDEX}, key=lambda name: (name.count("/"), name))
        return [
            Text(page, self.title(page), "" if section.level == 1 else section.heading, section.words)
            for page in pages
            for section in self.sections(page)
        ]


@cache
def library(language: str) -> Library:
    """The pages of a language; in English where there are none."""
    folder = help_folder() / language
    return Library(folder if language in LANGUAGES and folder.is_dir() else help_folder() / "en")
