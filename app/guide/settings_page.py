"""The page of settings: every preference as Preferences shows it, with its name and default in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation

from app.settings import Preferences
from app.texts import language, lookup, text

# Where a preference stands in Preferences: the page, and the line on it; no line is the page as a whole.
PLACES: Mapping[str, tuple[str, ...]] = {
    "language": ("general", "language"),
    "theme": ("general", "theme"),
    "scale": ("general", "scale"),
    "reduced_motion": ("general", "motion"),
    "autosave_seconds": ("general", "autosave"),
    "watch_versions": ("general", "watch_versions"),
    "roles": ("models", "roles"),
    "model_memory_mb": ("local", "memory"),
    "model_idle_minutes": ("local", "idle"),
    "threads": ("local", "threads"),
    "llama_server": ("local", "program"),
    "budget_usd": ("money", "budget"),
    "budget_day_usd": ("money", "day"),
    "budget_month_usd": ("money", "month"),
    "rows_at_a_time": ("money", "rows"),
    "connection_budgets": ("money", "connections"),
    "keep_runs": ("storage", "runs"),
    "keep_runs_mb": ("storage", "size"),
    "cache_mb": ("storage", "cache"),
    "keep_costs_days": ("storage", "costs"),
    "keep_run_files": ("storage", "files"),
    "shortcuts": ("shortcuts",),
    "addons": ("addons",),
}


def settings_page() -> str:
    """In the language of now."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield f"# {text('guide.settings.title')}"
    yield text("guide.settings.words")
    defaults = Preferences()
    named = {item.name for item in fields(Preferences)}
    for page in dict.fromkeys(place[0] for place in PLACES.values()):
        yield f"## {text(f'preferences.{page}.title')}"
        if words := lookup(f"preferences.{page}.words", language()):
            yield words
        mine = [name for name, place in PLACES.items() if place[0] == page and name in named]
        yield "\n".join(_line(name, getattr(defaults, name)) for name in mine)


def _line(name: str, default: object) -> str:
    where = ".".join(("preferences", *PLACES[name]))
    label = _first(f"{where}.label", f"{where}.title", where)
    unit, about = _first(f"{where}.unit"), _first(f"{where}.help", f"{where}.words")
    if len(PLACES[name]) == 1:
        about = ""  # stands under the page's heading
    shown = _default(default, unit)
    facts = " ".join(filter(None, (about, text("page.default", value=shown) if shown else "")))
    return f"- **{label}** (`{name}`){': ' + facts if facts else ''}"


def _first(*codes: str) -> str:
    return next((found for code in codes if (found := lookup(code, language()))), "")


def _default(value: object, unit: str) -> str:
    match value:
        case bool():
            return text("page.on" if value else "page.off")
        case int() | float() if value:
            return f"{value:g} {unit}".strip()
        case str() if value:
            return f"{value} {unit}".strip() if _is_number(value) else value
        case _:
            return ""


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
