"""The input ports that a node grows for the references in its texts."""

from __future__ import annotations

from collections.abc import Collection

from app.sdk.ports import PortSpec
from app.sdk.references import ReferenceFault, find


def grown_inputs(*texts: str, beside: Collection[str] = ()) -> tuple[PortSpec, ...]:
    """One input of type `any` for each name that the texts refer to, in order; `beside` are names that exist already.

    A value that has a `default` filter everywhere may be missing; every other one is required.
    Texts whose references can't be read grow nothing (the planner reports them).
    """
    required: dict[str, bool] = {}
    for text in texts:
        try:
            references = find(text)
        except ReferenceFault:
            continue
        for reference in references:
            has_default = any(name == "default" for name, _ in reference.filters)
            required[reference.input] = required.get(reference.input, False) or not has_default
    return tuple(
        PortSpec(name, name, "any", required=needed, own_label=True)
        for name, needed in required.items()
        if name not in beside
    )
