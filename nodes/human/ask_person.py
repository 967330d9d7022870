"""Ask a person: wait until somebody approves, edits or rejects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.context import Answer, Question, RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, NumberField, Option, TextField, ToggleField
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import SKIP, Port, Ports, PortSpec, Skip
from app.sdk.powers import Power
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill

OnTimeout: TypeAlias = Literal["stop", "reject", "approve"]

ON_TIMEOUT: tuple[Option, ...] = (
    Option("stop", "Stop with a message"),
    Option("reject", "Count it as rejected"),
    Option("approve", "Count it as approved"),
)


@dataclass(frozen=True, slots=True)
class AskPersonFields:
    question: Annotated[
        str,
        TextField(label="Question", help="{{name}} brings in another value.", references=True, required=True),
    ] = "Is this right?"
    instructions: Annotated[
        str,
        TextField(
            label="What to look at", placeholder="Prices and names must be right.", lines=3, references=True
        ),
    ] = ""
    may_edit: Annotated[bool, ToggleField(label="May be changed before approving")] = True
    timeout: Annotated[
        float | None,
        NumberField(
            label="Wait at most",
            help="Empty: as long as it takes. Time while Baton is closed counts too.",
            minimum=0.1,
            maximum=525_600,
            unit="minutes",
        ),
    ] = None
    on_timeout: Annotated[
        OnTimeout, ChoiceField(label="If nobody answers in time", options=ON_TIMEOUT, advanced=True)
    ] = "stop"


@dataclass(frozen=True, slots=True)
class AskPersonOutputs:
    approved: Annotated[Value | Skip, Port("Approved", "any", tone="pass", main=True)] = SKIP
    rejected: Annotated[Value | Skip, Port("Rejected", "any", tone="fail")] = SKIP
    comment: Annotated[str, Port("Comment", "text", quiet=True)] = ""


class AskPerson(NodeType[AskPersonFields, ByPort, AskPersonOutputs]):
    """Shows a value to a person and waits. Approved, it goes on as it is or as it was edited; rejected, it leaves by
    "Rejected". Steps that don't depend on the answer go on meanwhile.

    Example: before a reply is sent, ask "Is this reply right?". Join "Approved" to the step that sends and "Rejected"
    to a strong model that writes it anew.
    """

    id = "human.ask_person"
    title = "Ask a person"
    summary = "Waits until someone approves"
    kind = "human"
    category = "checks"
    icon = "user-check"
    effect = "person"

    @classmethod
    def ports(cls, fields: AskPersonFields) -> Ports:
        grown = grown_inputs(fields.question, fields.instructions, beside=("value",))
        return Ports(inputs=(PortSpec("value", "Value", "any"), *grown))

    @classmethod
    def powers(cls, fields: AskPersonFields) -> tuple[Power, ...]:
        return (Power("person"),)

    @classmethod
    def headline(cls, fields: AskPersonFields) -> str:
        return fields.question

    async def run(self, fields: AskPersonFields, inputs: ByPort, ctx: RunContext) -> AskPersonOutputs:
        question = Question(
            title=fill(fields.question, inputs),
            value=inputs["value"],
            instructions=fill(fields.instructions, inputs),
            may_edit=fields.may_edit,
            timeout=None if fields.timeout is None else fields.timeout * 60,
        )
        answer = await _answer(fields, question, ctx)
        if answer.decision == "rejected":
            return AskPersonOutputs(rejected=inputs["value"], comment=answer.comment)
        return AskPersonOutputs(approved=answer.value, comment=answer.comment)


async def _answer(fields: AskPersonFields, question: Question, ctx: RunContext) -> Answer:
    try:
        return await ctx.ask(question)
    except NodeError as error:
        if error.code != "person.no_answer" or fields.on_timeout == "stop":
            raise
    ctx.tell(f"person.nobody_in_time.{fields.on_timeout}")
    return Answer("rejected" if fields.on_timeout == "reject" else "approved", question.value)
