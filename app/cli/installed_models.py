"""What `baton models` does with the models of this computer: adds, removes, sets up and measures them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from app import figures
from app.adapters.local_models import need_of
from app.adapters.model_downloads import Transfer
from app.adapters.model_library import ModelEntry
from app.adapters.model_offers import ModelOffer, look_at
from app.adapters.model_setup import LoraAdapter, ModelSetup
from app.cli import opening
from app.cli.keyboard import Keyboard
from app.cli.terminal import columns_of, fit, is_person, plain, table, width
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.texts import text

_EVERY = 0.2  # seconds between two looks at a download


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; `lora` None: nothing was said about adapters."""

    model: str
    sha256: str
    context: int | None
    slots: int | None
    lora: tuple[str, ...] | None
    yes: bool
    as_json: bool


async def add(engine: Engine, wish: Wish) -> int:
    """A file where it lies, or one that is downloaded; what is begun already goes on."""
    if "://" not in wish.model:
        try:
            file = await asyncio.to_thread(
                lambda: engine.outside.model_files.add(Path(wish.model).expanduser())
            )
        except OSError as error:
            raise _not_saved(error) from error
        return await _tell(engine, file.name, wish, text("cli.models.added", model=file.name))
    downloads = engine.outside.downloads
    begun = next((one for one in downloads.transfers() if one.url == wish.model), None)
    if begun is not None:
        downloads.resume(begun.name)
        name = begun.name
    else:
        offer = await look_at(engine.outside.egress, wish.model, wish.sha256)
        await _agree(offer_words(offer), text("cli.models.ask_download"), wish)
        try:
            name = downloads.start(offer)
        except OSError as error:
            raise _not_saved(error) from error
    transfer = await _follow(engine, name)
    if transfer.problem is not None:
        raise ProblemError(transfer.problem)
    return await _tell(engine, name, wish, text("cli.models.added", model=name))


async def remove(engine: Engine, wish: Wish) -> int:
    """Says who uses it and asks, unless that was said before."""
    file = engine.outside.model_files.get(wish.model)
    uses = await engine.uses_of_model(file.name)
    words = [
        text(
            "cli.models.remove.file" if file.origin == "folder" else "cli.models.remove.entry",
            path=str(file.path),
        )
    ]
    words += [text("cli.models.used.roles", roles=uses.roles)] if uses.roles else []
    words += [text("cli.models.used.workflow", workflow=one.workflow, n=one.steps) for one in uses.workflows]
    await _agree("\n".join(words), text("cli.models.ask_remove", model=file.name), wish)
    try:
        await engine.outside.remove_model(file.name)
    except OSError as error:
        args = {"model": file.name, "detail": error.strerror or type(error).__name__}
        raise ProblemError(Problem("model.not_removed", args=args)) from error
    typer.echo(text("cli.models.removed", model=file.name), err=True)
    return opening.OK


async def set_up(engine: Engine, wish: Wish) -> int:
    """What isn't named stays as it is."""
    setup = engine.outside.model_files.setup(engine.outside.model_files.get(wish.model).name)
    assert setup is not None  # noqa: S101 - `get` has found it
    adapters = setup.adapters if wish.lora is None else tuple(map(_adapter, wish.lora))
    try:
        await engine.outside.set_up_model(
            wish.model,
            setup.context if wish.context is None else wish.context,
            setup.slots if wish.slots is None else wish.slots,
            adapters,
        )
    except OSError as error:
        raise _not_saved(error) from error
    return await _tell(engine, wish.model, wish)


async def speed(engine: Engine, wish: Wish) -> int:
    """Measures, and keeps what was measured."""
    typer.echo(text("cli.models.measuring", model=wish.model), err=True)
    await engine.measure_model(engine.outside.model_files.get(wish.model).name)
    return await _tell(engine, wish.model, wish)


def installed_table(entries: Sequence[ModelEntry]) -> str:
    """The files, how they are loaded, and what that takes."""
    names = ("model", "size", "parameters", "compression", "licence", "longest", "slots", "memory", "speed")
    rows = [
        [
            one.title,
            *(
                [text(f"problem.{one.problem.code}", **one.problem.args), *[""] * 7]
                if one.problem
                else [
                    figures.file_size(one.size),
                    figures.parameters(one.parameters) if one.parameters else text("figure.unknown"),
                    one.quantisation or text("figure.unknown"),
                    one.licence or text("figure.unknown"),
                    figures.count(one.context),
                    str(one.slots),
                    figures.memory(one.needs),
                    text("cli.models.speed", tokens=f"{one.speed.writing:.0f}") if one.speed else "–",
                ]
            ),
        ]
        for one in entries
    ]
    return table([text(f"cli.column.{name}") for name in names], rows, right=(1, 2, 5, 6, 7, 8), widest=48)


def installed_object(one: ModelEntry) -> dict[str, object]:
    """The same for programs; bytes and tokens in full."""
    return {
        "model": one.name,
        "title": one.title,
        "origin": one.origin,
        "path": one.path,
        "size": one.size,
        "parameters": one.parameters or None,
        "quantisation": one.quantisation or None,
        "licence": one.licence or None,
        "trained_context": one.trained,
        "chat": one.chat,
        "tools": one.chat,
        "context": one.context,
        "slots": one.slots,
        "lora": [{"path": adapter.path, "scale": adapter.scale} for adapter in one.adapters],
        "memory": one.needs,
        "sha256": one.digest or None,
        "speed": {"reading": one.speed.reading, "writing": one.speed.writing, "measured": one.speed.day}
        if one.speed
        else None,
        "source": one.source or None,
        "problem": one.problem.code if one.problem else None,
    }


def offer_words(offer: ModelOffer) -> str:
    """What people have to know before they download."""
    unknown, facts = text("figure.unknown"), offer.facts
    needs = need_of(ModelSetup(""), facts).total if facts.shape.weights else 0
    rows = [
        ("model", offer.name),
        ("size", figures.file_size(offer.size) if offer.size else unknown),
        ("licence", facts.licence or unknown),
        ("compression", facts.quantisation or unknown),
        ("parameters", figures.parameters(facts.parameters) if facts.parameters else unknown),
        ("longest", figures.count(facts.context) if facts.context else unknown),
        ("memory", figures.memory(needs) if needs else unknown),
        ("from", " → ".join(offer.hosts)),
        (
            "sha256",
            f"{offer.digest} ({text(f'cli.models.digest.{offer.digest_by}')})" if offer.digest else unknown,
        ),
    ]
    names = [text(f"cli.column.{name}") for name, _ in rows]
    widest = max(map(width, names))
    return "\n".join(
        f"{name}{' ' * (widest - width(name))}  {plain(value)}"
        for name, (_, value) in zip(names, rows, strict=True)
    )


async def _agree(words: str, question: str, wish: Wish) -> None:
    """Raises ProblemError `cli.not_agreed` where nobody says yes."""
    typer.echo(words, err=True)
    if wish.yes:
        return
    if is_person(sys.stdin) and is_person(sys.stderr):
        typer.echo(question, nl=False, err=True)
        try:
            answer = (await Keyboard().line()).strip().casefold()
        except EOFError:
            answer = ""
        if answer in {"y", "yes", "j", "是", text("cli.yes").casefold()}:
            return
    raise ProblemError(Problem("cli.not_agreed"))


async def _follow(engine: Engine, name: str) -> Transfer:
    """Shows how it goes on until it is through; interrupted, what has come stays."""
    downloads, line = engine.outside.downloads, _Line()
    ended = asyncio.ensure_future(downloads.wait(name))
    try:
        while not (await asyncio.wait([ended], timeout=_EVERY))[0]:
            line.show(next(one for one in downloads.transfers() if one.name == name))
    finally:
        line.clear()
    return await ended


def transfer_words(one: Transfer) -> str:
    """How a download stands, on one line."""
    of = f"/{figures.file_size(one.size)}" if one.size else ""
    parts = [one.name, text(f"model.transfer.{one.state}"), figures.file_size(one.received) + of]
    parts += [f"{figures.file_size(round(one.speed))}/s"] if one.speed else []
    parts += [text("cli.left", time=figures.seconds(one.left))] if one.left is not None else []
    return " · ".join(parts)


class _Line:
    """One line on stderr that is written over; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shown = 0

    def show(self, one: Transfer) -> None:
        columns = columns_of(sys.stderr)
        if columns:
            self._write(fit(transfer_words(one), columns - 1))

    def clear(self) -> None:
        if self._shown:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line + " " * max(0, self._shown - width(line)))
        sys.stderr.flush()
        self._shown = width(line)


async def _tell(engine: Engine, name: str, wish: Wish, words: str = "") -> int:
    entry = next(one for one in await engine.outside.library.entries() if one.name == name)
    if wish.as_json:
        opening.print_json(installed_object(entry))
    else:
        if words:
            typer.echo(words, err=True)
        typer.echo(installed_table([entry]))
    return opening.OK


def _adapter(words: str) -> LoraAdapter:
    """From `file.gguf` or `file.gguf=0.5`. Raises ProblemError `cli.bad_lora`."""
    path, equals, scale = words.rpartition("=")
    if not equals:
        path, scale = words, "1"
    try:
        return LoraAdapter(str(Path(path).expanduser().resolve()), float(scale))
    except ValueError:
        raise ProblemError(Problem("cli.bad_lora", args={"text": words})) from None


def _not_saved(error: OSError) -> ProblemError:
    return ProblemError(Problem("engine.not_saved", args={"detail": error.strerror or type(error).__name__}))
