"""The sheet's words: each row and each thing in it as plain sentences."""

from __future__ import annotations

from app.planner.sheet import SheetItem, SheetRow
from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.texts import text
from app.ui import model_words
from app.ui.plain import one_line
from app.ui.trust.facts import TrustFacts

LEVEL_LOOKS = {
    "danger": ("circle-alert", "error"),
    "look": ("triangle-alert", "warning"),
    "limited": ("check", "done"),
    "off": ("check", "done"),
}


def row_title(row: SheetRow) -> str:
    """What the row is about: "Sends data to 3 places"."""
    return text(f"trust.{row.kind}.title", n=len(row.items))


def row_words(row: SheetRow, facts: TrustFacts) -> str:
    """One line on what is in the row, the worst first."""
    if row.kind == "mixes":
        return _mix(row.items[0], facts)
    if row.kind in ("cost", "keeps"):
        return text(f"trust.{row.kind}.words")
    signs = [item.sign for item in row.items if item.sign]
    said = [text(f"trust.{row.kind}.{sign}", n=signs.count(sign)) for sign in dict.fromkeys(signs)]
    plain = [item for item in row.items if not item.sign]
    if plain:
        said.append(_names(row, plain, facts))
    return " ".join(said)


def item_title(row: SheetRow, item: SheetItem, facts: TrustFacts) -> str:
    """What is asked for: a host, a place, a name."""
    if row.kind == "mixes":
        return facts.step(item.nodes[-1])
    if row.kind == "keeps" or item.target == DECIDED_WHILE_RUNNING:
        return text("trust.keeps.conversations" if row.kind == "keeps" else "trust.while_running")
    if row.kind == "sends":
        return facts.host(item.target)
    if row.kind in ("reads", "writes"):
        return one_line(facts.place(item.target), 200)
    if row.kind == "models":
        return model_words.role_title(item.target) if "/" not in item.target else one_line(item.target, 80)
    return one_line(item.target, 80)


def item_words(row: SheetRow, item: SheetItem, facts: TrustFacts) -> str:
    """Who asks for it, and what is odd about it."""
    if row.kind == "mixes":
        return _mix(item, facts)
    steps = text("trust.by", steps=tuple(f"“{step}”" for step in facts.steps(item.nodes)))
    note = _note(row, item, facts)
    return f"{steps} · {note}" if note else steps


def _note(row: SheetRow, item: SheetItem, facts: TrustFacts) -> str:
    if item.sign:
        return text(f"trust.note.{row.kind}.{item.sign}", like=item.like)
    if row.kind == "models":
        line = facts.model(item.target, item.nodes)
        if line is None:
            return text("trust.note.models.missing")
        return f"{line.name}: {model_words.price_words(line)}, {model_words.data_goes(line)}"
    return ""


def _mix(item: SheetItem, facts: TrustFacts) -> str:
    private, outside, sender = facts.steps(item.nodes)
    return text("trust.mixes.words", private=private, outside=outside, sender=sender)


def _names(row: SheetRow, items: list[SheetItem], facts: TrustFacts) -> str:
    names = tuple(item_title(row, item, facts) for item in items[:3])
    more = len(items) - len(names)
    return text("trust.names_more", names=names, n=more) if more else text("trust.names", names=names)
