"""Figures for people: money, tokens and time as short texts in the language of now."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import cast

from app.adapters.model_names import short_name
from app.costs.bill import Line
from app.costs.break_even import BreakEven
from app.costs.cost import Cost
from app.costs.ledger import Sum
from app.events.run_events import Message
from app.forecast.forecast import CostInterval, Forecast, Interval
from app.texts import text

_CENT = Decimal("0.01")
_SMALLEST = Decimal("0.0001")
_NOTHING = Decimal("0.00")


def money(usd: Decimal) -> str:
    """Dollars of a call, a row or a run: four decimals, which are two figures below a cent. Nothing is $0.00, and what
    cost something is never a zero.
    """
    if not usd:
        return f"${_NOTHING}"
    if 0 < usd < _SMALLEST:
        return text("figure.below", amount=f"${_SMALLEST}")
    return f"${usd.quantize(_SMALLEST, ROUND_HALF_UP):,}"


def known_money(usd: Decimal | None) -> str:
    """The same, or that nobody knows it."""
    return text("figure.unknown") if usd is None else money(usd)


def about(usd: Decimal) -> str:
    """An estimate: "≈ $0.0005"; "< $0.0001" says by itself that it isn't exact."""
    return money(usd) if 0 < usd < _SMALLEST else text("figure.about", amount=money(usd))


def limit(usd: Decimal) -> str:
    """A limit that somebody set: two decimals unless it has more."""
    return f"${usd:,.2f}" if usd == usd.quantize(_CENT) else money(usd)


def cost(amount: Cost) -> str:
    """A cost with how well it is known: "free", "$0.0011", "≈ $0.0005", "unknown"."""
    if amount.state == "free":
        return text("figure.free")
    if amount.state in ("billed", "priced"):
        return money(amount.known)
    if amount.state == "estimated":
        return about(amount.known)
    if amount.known:
        return text("figure.and_unknown", amount=money(amount.known))
    return text("figure.unknown")


def parts(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Amounts rounded so that what is shown adds up to the shown total (largest remainders get the rest)."""
    floors = [amount.quantize(_SMALLEST, ROUND_FLOOR) for amount in amounts]
    total = sum(amounts, Decimal(0)).quantize(_SMALLEST, ROUND_HALF_UP)
    missing = int((total - sum(floors, Decimal(0))) / _SMALLEST)
    by_rest = sorted(range(len(amounts)), key=lambda i: amounts[i] - floors[i], reverse=True)
    for i in by_rest[:missing]:
        floors[i] += _SMALLEST
    return floors


def count(n: int) -> str:
    """A whole number in full: 292,672."""
    return f"{n:,}"


def tokens(n: int) -> str:
    """A number of tokens where room is short: 212, 1.4k, 293k, 1.2M."""
    if n < 1000:
        return str(n)
    # 999,950 would be rounded up to "1000k".
    if n < 999_500:
        return f"{n / 1000:.1f}k" if n < 99_950 else f"{n / 1000:.0f}k"
    return f"{n / 1_000_000:.1f}M"


def file_size(n: int) -> str:
    """The size of a file, as systems show it: 98 MB, 4.7 GB."""
    return _bytes(n, 1000)


def memory(n: int) -> str:
    """An amount of memory, as it is sold: 512 MB, 8.0 GB."""
    return _bytes(n, 1024)


def _bytes(n: int, step: int) -> str:
    amount, units = float(n), iter(("B", "KB", "MB", "GB", "TB"))
    unit = next(units)
    while amount >= step - 0.5 and unit != "TB":
        amount, unit = amount / step, next(units)
    return f"{amount:.1f} {unit}" if unit in ("GB", "TB") else f"{amount:.0f} {unit}"


def parameters(n: int) -> str:
    """How large a model is, as it is said: 135M, 7.6B."""
    billions = n / 1e9
    if billions >= 0.9995:
        return f"{billions:.1f}B" if billions < 99.95 else f"{billions:.0f}B"
    return f"{n / 1e6:.0f}M"


def seconds(time: float) -> str:
    """A time: 0.4 s, 52 s, 1 min 48 s, 2 h 5 min."""
    if time < 59.95:
        return text("figure.seconds", s=f"{time:.1f}")
    whole = round(time)
    if whole < 3600:
        return text("figure.minutes", m=whole // 60, s=whole % 60)
    return text("figure.hours", h=whole // 3600, m=whole % 3600 // 60)


def percent(share: float) -> str:
    """A share of 0..1 as whole per cent; what is nearly all or nearly nothing is never rounded to it."""
    if 0 < share < 0.01:
        return text("figure.below", amount="1%")
    if 0.99 < share < 1:
        return text("figure.above", amount="99%")
    return f"{share * 100:.0f}%"


def cost_forecast(amount: CostInterval) -> str:
    """What something will cost: "free", "≈ $0.0005 ($0.0003–$0.0012)", or what is known of it at least."""
    if amount.state != "estimated":
        return cost_expected(amount)
    middle, low, high = about(amount.median), money(amount.low), money(amount.high)
    return middle if low == high == middle else text("figure.spread", middle=middle, low=low, high=high)


def cost_spread(amount: CostInterval) -> str:
    """From how much to how much it will likely cost; empty where there is no such span."""
    low, high = money(amount.low), money(amount.high)
    return text("figure.likely", low=low, high=high) if amount.state == "estimated" and low != high else ""


def cost_expected(amount: CostInterval) -> str:
    """The same in one figure: the mean, since means of steps add up and a step that seldom runs still costs."""
    if amount.state == "free":
        return text("figure.free")
    if amount.state == "unknown":
        return text("figure.at_least", amount=money(amount.low)) if amount.low else text("figure.unknown")
    return about(amount.mean)


def tokens_forecast(amount: Interval) -> str:
    """About how many, and from how many to how many: "≈ 1.4k (900–3.1k)"."""
    middle = text("figure.about", amount=tokens(round(amount.median)))
    return text(
        "figure.spread", middle=middle, low=tokens(round(amount.low)), high=tokens(round(amount.high))
    )


def seconds_forecast(amount: Interval) -> str:
    """About how long, and from how long to how long."""
    middle = text("figure.about", amount=seconds(amount.median))
    return text("figure.spread", middle=middle, low=seconds(amount.low), high=seconds(amount.high))


def forecast_words(forecast: Forecast, once: str, over_rows: str) -> str:
    """The whole run in one sentence: money, tokens, time, and what it was made of. The codes are those of a run over
    one message and of one over rows.
    """
    rows, total = count(forecast.rows), forecast.total
    return text(
        over_rows if forecast.rows else once,
        rows=text("figure.about", amount=rows) if forecast.about_rows else rows,
        cost=cost_forecast(total.cost),
        tokens=tokens_forecast(total.tokens),
        time=seconds_forecast(total.seconds),
        basis=basis(forecast.runs),
    )


def line_amount(line: Line) -> str:
    """What a line of a bill has cost, as far as it is known: as rounded as the bill, but never a zero for what cost
    something.
    """
    if line.free:
        return text("figure.free")
    if line.unknown == line.calls:
        return text("figure.unknown")
    amount = part_of_bill(line.shown, line.cost.known)
    return text("figure.about", amount=amount) if line.estimated else amount


def part_of_bill(shown: Decimal, known: Decimal) -> str:
    """An amount that was rounded so that all add up."""
    if shown or not known:
        return f"${shown:,f}" if shown else money(Decimal(0))
    return text("figure.below", amount=f"${Decimal(1).scaleb(cast('int', shown.as_tuple().exponent)):f}")


def line_share(line: Line) -> str:
    """The share of a line in its bill; of what is free or unknown there is none."""
    if not line.cost.known:
        return text("figure.none")
    return f"{line.tenths / 10:.1f}%" if line.tenths else text("figure.below", amount="0.1%")


def break_even_words(told: BreakEven) -> str:
    """Whether a cascade pays, as far as anybody can say."""
    most = told.most_escalated
    if not told.is_known:
        return text("replay.unknown")
    if most is None:
        return text("cli.replay.free")
    code = "cli.replay.met" if told.is_met else "cli.replay.not_met"
    return text(code, now=percent(told.escalated), most=percent(max(most, 0.0)))


def broken_off_words(whole: Sum) -> str:
    """What is known of calls that nobody saw the end of."""
    return text("costs.broken_off", n=whole.broken_off, amount=limit(whole.broken_off_counted))


def kept_words(forecast: Forecast) -> str:
    """How many of the answers cost nothing, since they are kept from before; empty where none does."""
    return text("figure.kept", n=forecast.kept) if forecast.kept else ""


def basis(runs: int) -> str:
    """What a forecast was made of."""
    return text("figure.from_runs", n=runs) if runs else text("figure.from_sizes")


def memory_wait(told: Message) -> str:
    """What a model of this computer waits for: "“beta” waits for SmolLM2 135M to leave memory"."""
    model, behind = short_name(str(told.args["model"])), models_behind(told)
    return text("wait.memory" if behind else "wait.room", model=model, behind=behind)


def models_behind(told: Message) -> tuple[str, ...]:
    """The models at work that it waits for, as people call them."""
    behind = told.args.get("behind")
    return tuple(map(short_name, behind)) if isinstance(behind, tuple) else ()
