"""`baton costs`: what was spent, by whatever it is split; what was saved; how the limits stand and what they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app import figures
from app.cli import opening
from app.cli.amounts import amount_of
from app.cli.report import usage_object
from app.cli.terminal import plain, table
from app.costs.bill import Bill, Line
from app.costs.ledger import CONNECTION_TESTS, NOTHING, Days
from app.costs.limits import Span, Standing
from app.costs.savings import Saving
from app.costs.spending import Spending
from app.document.problem import Problem, ProblemError
from app.engine import Engine
from app.executor.journal import JournalError
from app.registry import node_texts
from app.sdk.errors import NodeError
from app.texts import text


class By(StrEnum):
    """What the costs are split by."""

    DAY = "day"
    WORKFLOW = "workflow"
    NODE = "node"
    MODEL = "model"
    CONNECTION = "connection"


def costs(
    by: Annotated[By, typer.Option()] = By.WORKFLOW,
    since: Annotated[str, typer.Option(metavar="DAY")] = "",
    until: Annotated[str, typer.Option(metavar="DAY")] = "",
    as_json: opening.AsJson = False,
    csv: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    day_limit: Annotated[str | None, typer.Option(metavar="USD")] = None,
    month_limit: Annotated[str | None, typer.Option(metavar="USD")] = None,
    connection: Annotated[str, typer.Option(metavar="NAME")] = "",
) -> None:
    """What was spent."""
    days = Days(_day(since) or f"{dt.datetime.now().astimezone():%Y-%m}-01", _day(until))
    caps: list[tuple[Span, Decimal | None]] = []
    if day_limit is not None:
        caps.append(("day", _cap(day_limit, "--day-limit")))
    if month_limit is not None:
        caps.append(("month", _cap(month_limit, "--month-limit")))
    if connection and not caps:
        raise ProblemError(Problem("cli.only_with", args={"option": "--connection", "other": "--day-limit"}))

    async def main(engine: Engine) -> int:
        if caps:
            _set_limits(engine, caps, connection)
            return opening.OK
        try:
            if csv is not None:
                n = await engine.export_costs(csv.absolute(), days)
                typer.echo(text("cli.costs.written", n=n, path=str(csv)), err=True)
                return opening.OK
            spending = await engine.spending(days)
        except JournalError as error:
            raise ProblemError(error.problem) from error
        except NodeError as error:
            raise ProblemError(Problem(error.code, args=error.args_by_name)) from error
        _show(engine, spending, by, days, as_json=as_json)
        return opening.OK

    raise typer.Exit(opening.run_async(main))


def _day(words: str) -> str:
    """Raises ProblemError `cli.bad_day`."""
    if not words:
        return ""
    try:
        return dt.date.fromisoformat(words).isoformat()
    except ValueError:
        raise ProblemError(Problem("cli.bad_day", args={"text": words})) from None


def _cap(words: str, option: str) -> Decimal | None:
    """None takes the limit away. Raises ProblemError `cli.bad_amount`."""
    return None if words.strip().lower() in ("", "-", "none") else amount_of(words, option)


def _set_limits(engine: Engine, caps: Sequence[tuple[Span, Decimal | None]], connection: str) -> None:
    connection = _connection(engine, connection) if connection else ""
    for span, cap in caps:
        try:
            engine.raise_limit(span, connection, cap)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ProblemError(Problem("settings.not_saved", args={"reason": reason})) from error
        at = "_at" if connection else ""
        if cap is None:
            typer.echo(text(f"cli.costs.limit_gone.{span}{at}", connection=connection), err=True)
            continue
        words = text(f"cli.costs.limit_set.{span}{at}", amount=figures.limit(cap), connection=connection)
        typer.echo(words, err=True)


def _connection(engine: Engine, words: str) -> str:
    """The name by which calls go: limits hold for no other spelling of it. A limit outlives its connection.

    Raises ProblemError `connection.missing`, `connection.misspelt`.
    """
    found = engine.outside.connections.get(words)
    if found is not None:
        return found.name
    if words in engine.preferences.connection_budgets:
        return words
    error = engine.outside.connections.missing(words)
    raise ProblemError(Problem(error.code, args=error.args_by_name))


def _show(engine: Engine, spending: Spending, by: By, days: Days, *, as_json: bool) -> None:
    bill, whole = spending.bill(), spending.whole or NOTHING
    lines = _lines(bill, by)
    if as_json:
        opening.print_json(
            {
                "since": days.first,
                "until": days.last or spending.today,
                "by": by.value,
                "lines": [_object(line) for line in lines],
                "total": _object(bill.total),
                "saved": [
                    {
                        "by": one.by,
                        "usd": None if one.usd is None else f"{one.usd:f}",
                        "known_usd": f"{one.amount:f}",
                        "how": one.how,
                        "unknown": one.unknown,
                    }
                    for one in spending.savings
                ],
                "broken_off": {"calls": whole.broken_off, "counted_usd": f"{whole.broken_off_counted:f}"},
                "limits": [_limit_object(one) for one in spending.limits],
            }
        )
        return
    if not lines:
        typer.echo(text("cli.costs.none"))
    else:
        typer.echo(_table(engine, lines, bill, by))
        for one in spending.savings:
            if one.amount or one.unknown:
                how = text(f"costs.how.{one.how}")
                typer.echo(text(f"cli.costs.saved.{one.by}", amount=_saved_words(one), how=how))
    if n := whole.unknown - whole.broken_off:
        typer.echo(text("cli.costs.unpriced", n=n, amount=figures.limit(spending.counted_unpriced)))
    if whole.broken_off:
        typer.echo(figures.broken_off_words(whole))
    for standing in spending.limits:
        typer.echo(_limit_words(standing))


def _saved_words(saving: Saving) -> str:
    words = figures.money(abs(saving.amount))
    amount = words if saving.amount >= 0 else f"-{words}"
    if not saving.unknown:
        return amount
    return text("figure.and_unknown", amount=amount) if saving.counts_any else text("figure.unknown")


def _lines(bill: Bill, by: By) -> Sequence[Line]:
    match by:
        case By.DAY:
            return bill.days
        case By.MODEL:
            return bill.models
        case By.CONNECTION:
            return bill.connections
        case By.NODE:
            return [step for workflow in bill.workflows for step in workflow.inner]
        case _:
            return bill.workflows


def _table(engine: Engine, lines: Sequence[Line], bill: Bill, by: By) -> str:
    headers = [text(f"cli.column.{name}") for name in (_HEADERS[by], "calls", "in", "out", "cost", "share")]
    names = [_name(engine, line, by) for line in lines]
    if by is By.NODE and len(bill.workflows) > 1:  # steps of the same type are often called the same
        flows = [_name(engine, flow, By.WORKFLOW) for flow in bill.workflows for _ in flow.inner]
        names = [f"{flow} · {name}" for flow, name in zip(flows, names, strict=True)]
    rows = [_cells(line, name) for line, name in zip(lines, names, strict=True)]
    rows.append(_cells(bill.total, text("costs.total")))
    return table(headers, rows, right=(1, 2, 3, 4, 5))


_HEADERS = {
    By.DAY: "day",
    By.WORKFLOW: "workflow",
    By.NODE: "step",
    By.MODEL: "model",
    By.CONNECTION: "connection",
}


def _name(engine: Engine, line: Line, by: By) -> str:
    if by is By.NODE:
        spec = engine.registry.get(line.type)
        return plain(line.name) or (node_texts.title(spec) if spec else line.type)
    if by is By.CONNECTION:
        return plain(line.name) or text("model.this_computer")
    if line.key == CONNECTION_TESTS:
        return text("costs.tests")
    return plain(line.name) or line.key


def _cells(line: Line, name: str) -> list[str]:
    cost, usage = figures.line_amount(line), line.usage
    if 0 < line.unknown < line.calls:
        cost += text("cli.costs.and_unknown", n=line.unknown)
    return [
        name,
        figures.count(line.calls),
        figures.count(usage.input),
        figures.count(usage.output),
        cost,
        figures.line_share(line),
    ]


def _object(line: Line) -> dict[str, object]:
    is_unknown = 0 < line.calls == line.unknown
    return {
        "key": line.key.replace("\n", "/"),
        "name": line.name,
        "type": line.type,
        "calls": line.calls,
        "free_calls": line.free_calls,
        "unknown_calls": line.unknown,
        "failed_calls": line.failed,
        "rows": line.rows,
        "usage": usage_object(line.usage),
        "cost": {
            "usd": None if line.cost.state == "unknown" else f"{line.cost.known:f}",
            "known_usd": f"{line.cost.known:f}",
            "shown_usd": None if is_unknown else f"{line.shown:f}",
            "state": line.cost.state,
        },
        "share_percent": None if is_unknown else line.tenths / 10,
    }


def _limit_object(standing: Standing) -> dict[str, object]:
    return {
        "span": standing.span,
        "connection": standing.connection or None,
        "limit_usd": None if standing.cap is None else str(standing.cap),
        "counted_usd": f"{standing.spent:f}",
        "held_usd": f"{standing.held:f}",
        "renews": standing.renews,
    }


def _limit_words(standing: Standing) -> str:
    at = "_at" if standing.connection else ""
    code = "no_limit" if standing.cap is None else "limit"
    return text(
        f"cli.costs.{code}.{standing.span}{at}",
        spent=figures.money(standing.spent),
        cap="" if standing.cap is None else figures.limit(standing.cap),
        held=figures.money(standing.held),
        connection=standing.connection,
        renews=standing.renews,
    )
