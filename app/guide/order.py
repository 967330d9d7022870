"""The order of Help: its four parts, and which pages each of them holds."""

from __future__ import annotations

from collections.abc import Mapping

INDEX = "index"
FIRST_WORKFLOW = "tutorial/first-workflow"
STEPS = "reference/steps"
PROBLEMS = "reference/problems"
COMMAND_LINE = "reference/command-line"
SETTINGS = "reference/settings"
FILE_FORMAT = "reference/file-format"

# What a page is called is its first heading; the names here are those of the files.
PARTS: Mapping[str, tuple[str, ...]] = {
    "tutorial": (FIRST_WORKFLOW,),
    "reference": (STEPS, FILE_FORMAT, COMMAND_LINE, SETTINGS, PROBLEMS),
}
