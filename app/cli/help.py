"""What `--help` says and what is wrong with a command line, in the words of the catalogues."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from typer.core import TyperCommand, TyperGroup

from app.document.problem import Problem, ProblemError
from app.texts import text


class Verb(TyperCommand):
    """One verb; its words stand under `cli.help.<verb>`, those of an option under `cli.help.<verb>.<option>`."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        arguments = [param.metavar for param in self.params if param.param_type_name == "argument"]
        _usage(ctx, formatter, text("cli.help.options_mark"), *arguments)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        self.help = text(f"cli.help.{self.name}")
        super().format_help_text(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for kind in ("argument", "option"):
            rows = [
                (_name(param), _words(self.name or "", param))
                for param in self.get_params(ctx)
                if param.param_type_name == kind
            ]
            if rows:
                with formatter.section(text(f"cli.help.{kind}s")):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises ProblemError `cli.extra_argument`."""
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise ProblemError(Problem("cli.extra_argument", args={"text": " ".join(rest), **_where(ctx)}))
        return rest


class Verbs(TyperGroup):
    """All verbs."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        _usage(ctx, formatter, text("cli.help.verb_mark"))

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        self.help = text("cli.help")
        super().format_help_text(ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        with formatter.section(text("cli.help.verbs")):
            formatter.write_dl([(name, text(f"cli.help.{name}")) for name in self.commands])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Raises ProblemError `cli.no_such_verb`."""
        if args[0] not in self.commands:
            near = get_close_matches(args[0], self.commands, n=1)
            known = near or list(self.commands)
            raise ProblemError(Problem("cli.no_such_verb", args={"text": args[0], "known": tuple(known)}))
        return super().resolve_command(ctx, args)


def misuse(error: Any) -> Problem:
    """The Problem that an exception of the parser stands for."""
    where, param = _where(error.ctx), getattr(error, "param", None)
    option = str(getattr(error, "option_name", ""))
    match type(error).__name__:
        case "NoSuchOption":
            params = error.ctx.command.get_params(error.ctx)
            known = error.possibilities or [name for one in params for name in one.opts]
            known = tuple(sorted(name for name in known if name.startswith("-")))
            return Problem("cli.no_such_option", args={"option": option, "known": known, **where})
        case "MissingParameter":
            return Problem("cli.missing", args={"name": _name(param), **where})
        case "BadParameter" if param is not None:
            return Problem("cli.bad_value", args={"name": _name(param), **where})
        case "BadOptionUsage":
            return Problem("cli.bad_option", args={"option": option, **where})
        case _:
            return Problem("cli.misused", args={"detail": error.format_message(), **where})


def _where(context: Any) -> dict[str, str]:
    return {"command": context.command_path if context else "baton"}


def _usage(ctx: Any, formatter: Any, *pieces: str | None) -> None:
    formatter.write_usage(ctx.command_path, " ".join(filter(None, pieces)), prefix=text("cli.help.usage"))


def _name(param: Any) -> str:
    """As it is written on the command line: `--rows FILE|samples`, `FILE`."""
    if param.param_type_name == "argument":
        return param.metavar
    return " ".join(filter(None, (", ".join(param.opts), param.metavar)))


def _words(verb: str, param: Any) -> str:
    own = "cli.help.help" if param.name == "help" else f"cli.help.{verb}.{param.name.strip('_')}"
    return text(own)
