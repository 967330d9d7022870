from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from app.adapters.model_errors import refusal, refusal_inside

BODIES: list[tuple[int, Any, str]] = [
    (
        401,
        {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}},
        "model.key_refused",
    ),
    (
        400,
        {
            "error": {
                "code": 400,
                "message": "request (15031 tokens) exceeds the available context size",
                "n_ctx": 4096,
            }
        },
        "model.too_long",
    ),
    (404, {"error": 'model "nope" not found, try pulling it first'}, "model.missing"),
    (
        404,
        {"object": "error", "message": "The model `nope` does not exist.", "type": "NotFoundError"},
        "model.missing",
    ),
    (404, {"detail": "Not Found"}, "model.wrong_address"),
    (404, "<html><body>404 page</body></html>", "model.wrong_address"),
    (405, {"detail": "Method Not Allowed"}, "model.wrong_address"),
    (
        422,
        {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        "model.setting_refused",
    ),
    (402, {"error": {"message": "Insufficient Balance", "type": "unknown_error"}}, "model.no_balance"),
    (400, {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}}, "model.missing"),
    (400, {"code": "InvalidApiKey", "message": "Invalid API-key provided."}, "model.key_refused"),
    (400, {"code": "Arrearage", "message": "Access denied, your account is in arrears."}, "model.no_balance"),
    (400, {"code": "data_inspection_failed", "message": "Inappropriate content."}, "model.refused"),
    (429, {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}}, "model.no_balance"),
    (400, {"error": {"code": "1211", "message": "模型不存在，请检查模型代码。"}}, "model.missing"),
    (
        429,
        {"error": {"type": "exceeded_current_quota_error", "message": "check your account"}},
        "model.no_balance",
    ),
    (
        429,
        {"error": {"message": "Rate limit: too many tokens per minute for model x"}},
        "model.too_many_requests",
    ),
    (403, {"error": {"message": "Project does not have access"}}, "model.no_access"),
    (408, "", "model.timeout"),
    (504, "<html>Gateway Time-out</html>", "model.timeout"),
    (502, "<html>Bad gateway, invalid_api_key</html>", "model.server_error"),
    (
        529,
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        "model.server_error",
    ),
    (413, "", "model.too_long"),
    (418, "", "model.bad_reply"),
]


@pytest.mark.parametrize(("status", "body", "code"), BODIES)
def test_every_shape_of_refusal_is_understood(status: int, body: Any, code: str) -> None:
    data = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    error = refusal(status, {}, data, connection="C", model="m")
    assert error.code == code
    assert "<" not in str(error.args_by_name["detail"])
    assert error.args_by_name["status"] == status


def test_the_provider_s_words_are_shown_short_and_without_keys() -> None:
    message = "Incorrect API key provided: sk-abcdefghijklmnopqrstuvwx. " + "x" * 1000
    error = refusal(401, {}, json.dumps({"error": {"message": message}}).encode(), connection="C", model="m")
    detail = str(error.args_by_name["detail"])
    assert detail.startswith("Incorrect API key provided: [hidden]")
    assert len(detail) == 300


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "12"}, "", 12),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"retry-after-ms": "250", "Retry-After": "9"}, "", 0.25),
        ({}, '{"error": {"details": [{"retryDelay": "34.5s"}]}}', 34.5),
        ({"Retry-After": "-5"}, "", None),
        ({"Retry-After": "99999999"}, "", 24 * 3600),
        ({"Retry-After": "soon"}, "", None),
        ({}, "", None),
    ],
)
def test_the_server_s_own_wish_to_wait_is_heard(
    headers: dict[str, str], body: str, seconds: float | None
) -> None:
    assert refusal(429, headers, body.encode(), connection="C", model="m").retry_after == seconds


def test_a_date_to_wait_for_is_a_number_of_seconds() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    wait = refusal(503, {"Retry-After": date}, b"", connection="C", model="m").retry_after
    assert wait is not None
    assert 25 < wait <= 30


def test_an_error_inside_an_answer_is_understood_by_its_own_code() -> None:
    error = {"code": 402, "message": "This request requires more credits"}
    assert refusal_inside(error, connection="C", model="m").code == "model.no_balance"
    assert refusal_inside({"code": 429, "message": "slow down"}, connection="C", model="m").may_pass
    assert refusal_inside("something broke", connection="C", model="m").code == "model.server_error"
