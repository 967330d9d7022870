"""Model words: what a model costs, where data goes and what it can do, as short texts and icons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from app import figures, texts
from app.adapters.model_names import short_name
from app.adapters.model_places import Place
from app.adapters.shelf import ConnectionLine, ModelLine, Shelf
from app.sdk.fields import ModelChoice
from app.texts import text

# The roles that the product knows by itself; a person may add others.
ROLES = ("small", "strong")
PLACE_ICONS: dict[Place, str] = {
    "computer": "laptop",
    "company": "server",
    "cloud": "cloud",
    "internet": "globe",
}
ROLE_ICONS = {"small": "zap", "strong": "brain"}
_NEARLY = 0.98  # of a model: a little always stays outside of the GPU
SHOWN_ABILITIES = ("tools", "pictures", "schema", "embed", "score")


def role_title(role: str) -> str:
    """The role "small" as people read it; a role that somebody made up keeps its name."""
    return text(f"model.role.{role}") if texts.has(f"model.role.{role}", "en") else role


def role_summary(role: str) -> str:
    code = f"model.role.{role}.summary"
    return text(code) if texts.has(code, "en") else text("model.role.own.summary")


def choice_title(choice: ModelChoice, shelf: Shelf) -> str:
    """What a picker shows when it is closed: "Strong · Claude Opus", "GPT-5 mini"."""
    line = shelf.model(choice)
    if choice.role:
        return " · ".join(filter(None, (role_title(choice.role), answers(line, shelf))))
    return line.name if line else short_name(choice.model) or choice.connection


def choice_in_full(choice: ModelChoice, shelf: Shelf) -> str:
    """The same, with whose it is where several connections have a model of this name."""
    title = choice_title(choice, shelf)
    name = short_name(choice.model)
    whose = {line.connection for line in shelf.models if short_name(line.model) == name}
    if choice.role or not choice.connection or len(whose | {choice.connection}) == 1:
        return title
    return f"{title} · {choice.connection}"


def answers(line: ModelLine | None, shelf: Shelf) -> str:
    """Who answers for a role; nothing is said before it is known."""
    if line is not None:
        return line.name
    return "" if shelf.loading else text("model.role.unmapped")


def stand_in(choice: ModelChoice, shelf: Shelf) -> str:
    """Says that another role's model answers, since the one asked for has none here; else empty."""
    if not choice.role or choice.role in shelf.roles or shelf.model(choice) is None:
        return ""
    return text("model.role.stand_in", role=role_title(choice.role), otherwise=role_title(choice.otherwise))


def icon_of(line: ModelLine | None, role: str = "") -> str:
    """A role's own icon, else where the model runs."""
    if role:
        return ROLE_ICONS.get(role, "user-check")
    if line is None:
        return "circle-question-mark"
    return "cpu" if line.place == "computer" else PLACE_ICONS[line.place]


def connection_title(name: str, kind: str) -> str:
    """A connection's name; the one that every machine has is called in the language of now."""
    return text("model.this_computer") if kind == "embedded" else name


def place_words(line: ModelLine | ConnectionLine) -> str:
    """Where data goes: "This computer", "Anthropic, United States", "gpu.lan, in your own network"."""
    if line.place == "computer":
        return text("model.place.computer")
    name = line.goes_to or line.name
    country = text(f"country.{line.country}") if line.country else ""
    return text("model.place.country", name=name, country=country) if country else _place(line.place, name)


def _place(place: Place, name: str) -> str:
    return text(f"model.place.{place}", name=name)


def gpu_words(shares: Iterable[float | None]) -> str:
    """Whether a GPU carries models that lie in memory: "uses your GPU", in part, not at all; "" where nobody knows."""
    known = [share for share in shares if share is not None]
    if not known:
        return ""
    how = "whole" if min(known) > _NEARLY else "none" if max(known) <= 0 else "part"
    return text(f"model.gpu.{how}")


def data_goes(line: ModelLine | ConnectionLine) -> str:
    """The same as a half sentence: "your data stays on this computer"."""
    if line.place == "computer":
        return text("model.data_goes.computer")
    return text("model.data_goes", place=place_words(line))


def dollars(price: Decimal) -> str:
    """A price a million tokens: at least two decimals, more where they matter."""
    shown = f"{price:.2f}" if price == round(price, 2) else f"{price.normalize():f}"
    return f"${shown}"


def price_words(line: ModelLine, *, short: bool = False) -> str:
    """As "$5.00 in, $25.00 out", "free" or "price unknown"; never a zero for what isn't known.

    `short` leaves out what the prices are of, where that stands beside a whole list.
    """
    if line.price_state == "free":
        return text("model.price.free")
    if line.price_state == "unknown" or line.input_price is None or line.output_price is None:
        return text("model.price.unknown")
    return text(
        "model.price.short" if short else "model.price.both",
        input=dollars(line.input_price),
        output=dollars(line.output_price),
    )


def price_date(shelf: Shelf) -> str:
    """As "Prices of 18 November 2026, per million tokens"; empty where there is no list."""
    return text("model.price.date", date=day_words(shelf.prices_of)) if shelf.prices_of else ""


def day_words(iso: str) -> str:
    """A day as people write it; what isn't an ISO day stays as it is."""
    try:
        day = date.fromisoformat(iso[:10])
    except ValueError:
        return iso
    if texts.language().startswith("zh"):
        return f"{day.year} 年 {day.month} 月 {day.day} 日"
    return f"{day.day} {text(f'model.month.{day.month}')} {day.year}"


def figure_words(line: ModelLine) -> str:
    """What is known in figures: speed seen, longest text, where it lies; "" where nothing is."""
    known = [
        text("model.speed", tokens=figures.count(round(line.speed))) if line.speed else "",
        text("model.context", tokens=f"{line.context:,}") if line.context else "",
        gpu_words([line.on_gpu]),
    ]
    return " · ".join(filter(None, known))


def ability_words(line: ModelLine) -> list[str]:
    """What it can do beyond writing, as chips."""
    return [
        text(f"model.ability.{_way(ability, line)}")
        for ability in SHOWN_ABILITIES
        if ability in line.abilities
    ]


def _way(ability: str, line: ModelLine) -> str:
    """Where its answers are held to the tools, that is said."""
    by_schema = f"{ability}_by_schema"
    return by_schema if by_schema in line.abilities else ability


def lacks(line: ModelLine, needs: tuple[str, ...]) -> list[str]:
    """What a step needs and this model is known not to have; what isn't known isn't held against it."""
    return [text(f"model.ability.{need}") for need in needs if need in line.lacking]
