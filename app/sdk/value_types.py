"""The kinds of values that a person chooses from where a port is named by hand."""

from __future__ import annotations

from app.sdk.fields import Option

VALUE_TYPES: tuple[Option, ...] = (
    Option("any", "Anything"),
    Option("text", "Text"),
    Option("number", "Number"),
    Option("yesno", "Yes or no"),
    Option("date", "Date"),
    Option("record", "Record"),
    Option("list", "List"),
    Option("table", "Table"),
    Option("file", "File"),
)
