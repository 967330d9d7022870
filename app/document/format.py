"""The file format's names, versions and limits."""

from __future__ import annotations

from typing import Final

FORMAT: Final = "baton.workflow"
FORMAT_VERSION: Final = 1  # grows only on a breaking change, with a migration
SCHEMA: Final = f"{FORMAT}/{FORMAT_VERSION}"  # a name, not an address: nothing is ever fetched
GENERATOR: Final = "Baton"  # for people who look into the file; no reader asks for it
FEATURES: frozenset[str] = frozenset()  # what a file may ask for in `requires.features`

MAX_BYTES: Final = 5_000_000
MAX_DEPTH: Final = 64
MAX_NODES: Final = 5_000
MAX_INT: Final = 2**63 - 1

# The keys that this version knows, in the order in which they are written.
HEADER_KEYS: Final = ("$schema", "format", "formatVersion", "generator", "requires", "workflow", "layout")
WORKFLOW_KEYS: Final = ("id", "name", "description", "inputs", "outputs", "settings", "nodes", "edges")
SETTINGS_KEYS: Final = ("budgetUsd", "concurrency", "timeLimit")
GRAPH_KEYS: Final = ("nodes", "edges")
NODE_KEYS: Final = (
    "type",
    "typeVersion",
    "title",
    "fields",
    "onError",
    "retry",
    "disabled",
    "note",
    "cache",
    "body",
)
ON_ERROR_KEYS: Final = ("policy", "value")
RETRY_KEYS: Final = ("attempts", "timeout")
EDGE_KEYS: Final = ("from", "to")
END_KEYS: Final = ("node", "port")
LAYOUT_KEYS: Final = ("nodes", "notes", "groups")
PLACE_KEYS: Final = ("x", "y", "width")
NOTE_KEYS: Final = ("text", "x", "y", "width", "height", "colour", "frame")
GROUP_KEYS: Final = ("title", "nodes", "colour")

# What their values may be.
POLICIES: Final = ("stop", "fallback", "skip")
CACHE_POLICIES: Final = ("reuse", "fresh", "never")
FARTHEST: Final = 1_000_000  # pixels from the origin
WIDEST: Final = 20_000  # pixels
MOST_ATTEMPTS: Final = 100
MOST_AT_A_TIME: Final = 10_000
NAME: Final = r"[^\x00-\x1f\x7f]+"  # of a type or port: one line, not empty
MONEY: Final = r"[0-9]{1,9}(\.[0-9]{1,12})?"
