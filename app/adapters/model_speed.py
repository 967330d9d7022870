"""How fast a model on this computer is: measured by letting it read and write a known text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from app.adapters.egress import Egress
from app.adapters.embedded_model import Endpoint
from app.adapters.model_records import MeasuredSpeed
from app.adapters.outgoing import Limits, Outgoing
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError

_WRITTEN = 64  # tokens
_SENTENCE = "The ferry left the harbour at dawn, and nobody on the quay asked where it was going. "
_READ = _SENTENCE * 16  # about 300 tokens
_LIMITS = Limits(idle=600, total=900)


async def measure_speed(egress: Egress, endpoint: Endpoint) -> MeasuredSpeed:
    """By the engine's own clock, so that neither loading nor waiting counts. Raises ProblemError `model.*`, `net.*`."""
    asked = {
        "prompt": _READ,
        "n_predict": _WRITTEN,
        "ignore_eos": True,
        "cache_prompt": False,
        "temperature": 0,
    }
    request = Outgoing(
        "POST",
        f"{endpoint.url}/completion",
        lambda host: host == "127.0.0.1",
        {**endpoint.headers, "Content-Type": "application/json"},
        body=json.dumps(asked).encode(),
        reach="loopback",
        keep=False,
        limits=_LIMITS,
    )
    try:
        status, _, body, _ = await egress.fetch(request)
    except NodeError as error:
        raise ProblemError(Problem(error.code, args=error.args_by_name)) from error
    try:
        timings: dict[str, Any] = json.loads(body)["timings"]
        reading, writing = float(timings["prompt_per_second"]), float(timings["predicted_per_second"])
    except (ValueError, KeyError, TypeError) as error:
        raise ProblemError(Problem("model.not_measured", args={"status": status})) from error
    return MeasuredSpeed(round(reading, 1), round(writing, 1), datetime.now().astimezone().date().isoformat())
