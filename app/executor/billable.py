"""Which calls that failed a provider may bill, although no usage came back."""

from __future__ import annotations

from app.sdk.errors import NodeError

# After these the provider may have worked.
_CODES = frozenset(
    {
        "model.timeout",
        "model.unreachable",  # while it was awaited: whoever is lost then had the whole request
        "model.stream_cut",
        "model.bad_reply",
        "model.host_crashed",
        "model.host_killed",
        "net.too_large",
    }
)


def may_be_billed(error: BaseException) -> bool:
    """What was ended had begun to be generated; a fault of ours may come after an answer that has to be paid."""
    return not isinstance(error, NodeError) or (error.code in _CODES and not error.unsent)
