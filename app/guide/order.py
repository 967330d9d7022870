"""The order of Help: its four parts, and which pages each of them holds."""

from __future__ import annotations

from collections.abc import Mapping

INDEX = "index"
FIRST_WORKFLOW = "tutorial/first-workflow"
RUN_OVER_A_TABLE = "how-to/run-over-a-table"
WATCH_THE_BILL = "how-to/watch-the-bill"
CONNECT_A_PROVIDER = "how-to/connect-a-provider"
RESUME = "how-to/resume"
REPLAY = "how-to/replay"
USE_YOUR_OWN_GGUF = "how-to/use-your-own-gguf"
KEEP_KEYS_SAFE = "how-to/keep-keys-safe"
WHAT_IS_KEPT = "explanation/what-is-kept"
SHARE_A_WORKFLOW = "how-to/share-a-workflow"
STEPS = "reference/steps"
PROBLEMS = "reference/problems"
COMMAND_LINE = "reference/command-line"
SETTINGS = "reference/settings"
FILE_FORMAT = "reference/file-format"

# What a page is called is its first heading; the names here are those of the files.
PARTS: Mapping[str, tuple[str, ...]] = {
    "tutorial": (FIRST_WORKFLOW,),
    "how-to": (
        RUN_OVER_A_TABLE,
        "how-to/cheap-first",
        "how-to/ask-a-person",
        WATCH_THE_BILL,
        CONNECT_A_PROVIDER,
        USE_YOUR_OWN_GGUF,
        RESUME,
        KEEP_KEYS_SAFE,
        SHARE_A_WORKFLOW,
        REPLAY,
    ),
    "explanation": (
        "explanation/how-baton-thinks",
        WHAT_IS_KEPT,
        "explanation/what-leaves-your-computer",
    ),
    "reference": (STEPS, FILE_FORMAT, COMMAND_LINE, SETTINGS, PROBLEMS),
}
