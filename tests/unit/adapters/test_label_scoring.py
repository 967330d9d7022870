"""Label scores are the model's own probabilities of whole labels, in any script, and their cost is told."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.adapters.embedded_model import Endpoint
from app.adapters.label_scoring import LabelScorer
from app.adapters.llama_server import tokens_of
from app.sdk.errors import NodeError
from tests.unit.processes.processes_seen import cpu_seconds, stopped

ENGLISH = """Message: My parcel is late.
Topic: delivery delay

Message: I was charged twice.
Topic: billing

Message: {message}
Topic: """
CHINESE = """留言：我的包裹还没有到。
主题：物流

留言：{message}
主题："""
TWENTY = [
    *(
        "order status",
        "order change",
        "order cancellation",
        "delivery delay",
        "delivery address",
        "delivery damage",
    ),
    *(
        "invoice",
        "invoice copy",
        "invoice address",
        "password",
        "password reset",
        "account",
        "account deletion",
    ),
    *("refund", "refund status", "refund request", "praise", "complaint", "job application", "spam"),
]
CASES = {
    "one token each": (ENGLISH.format(message="where is my order?"), ["Refund", "Spam", "Order"]),
    "several tokens": (
        ENGLISH.format(message="my invoice is wrong"),
        ["billing", "delivery delay", "job application"],
    ),
    "common beginning": (
        ENGLISH.format(message="refund me"),
        ["refund", "refund status", "refund request", "refunds"],
    ),
    "twenty": (ENGLISH.format(message="please delete my account"), TWENTY),
    "Chinese": (CHINESE.format(message="请把钱退给我。"), ["退款", "退款申请", "发票", "物流", "账号问题"]),
    "Chinese labels in an English prompt": (
        ENGLISH.format(message="where is it"),
        ["退款", "送货延迟", "发票"],
    ),
    "a prompt that ends within a word": ("Paris is the cap", ["ital", "tain", "able"]),
}


async def by_brute_force(
    session: ClientSession, endpoint: Endpoint, prompt: str, labels: list[str]
) -> dict[str, float]:
    """Each label's tokens one after the other, each time looked up in the list of the whole vocabulary."""
    plain = {label: await tokens_of(session, endpoint, prompt + label, beginning=True) for label in labels}
    common = next(depth for depth in range(99) if len({tokens[: depth + 1] for tokens in plain.values()}) > 1)
    logs = dict.fromkeys(labels, 0.0)
    for label, tokens in plain.items():
        if any(other != label and longer[: len(tokens)] == tokens for other, longer in plain.items()):
            plain[label] = await tokens_of(session, endpoint, prompt + label + "\n", beginning=True)
    for label, tokens in plain.items():
        for depth in range(common, len(tokens)):
            logs[label] += await log_of(session, endpoint, tokens[:depth], tokens[depth])
    weights = {label: math.exp(log) for label, log in logs.items()}
    return {label: weight / sum(weights.values()) for label, weight in weights.items()}


async def log_of(session: ClientSession, endpoint: Endpoint, walked: tuple[int, ...], token: int) -> float:
    (carrier,) = await tokens_of(session, endpoint, "a", beginning=False)
    for listed in (2_000, 60_000):  # the whole vocabulary is 3 MB of text
        body = {"prompt": walked, "n_predict": 1, "n_probs": listed, "logit_bias": [[carrier, 200]]}
        async with session.post(
            endpoint.url + "/completion", json=body, headers=endpoint.headers
        ) as response:
            answer = await response.json()
        found = {
            item["id"]: item["logprob"] for item in answer["completion_probabilities"][0]["top_logprobs"]
        }
        if token in found:
            return found[token]
    raise AssertionError(f"token {token} is not in the vocabulary")


@pytest.mark.parametrize("case", CASES)
async def test_scores_are_the_products_of_all_tokens(
    session: ClientSession, endpoint: Endpoint, case: str
) -> None:
    prompt, labels = CASES[case]
    scored = await LabelScorer(session).score(endpoint, prompt, labels, precision=0)
    expected = await by_brute_force(session, endpoint, prompt, labels)
    assert sum(scored.probabilities.values()) == pytest.approx(1)
    logs = {label: math.log(share) for label, share in scored.probabilities.items()}
    # The engine reads a prompt in one piece or in several, which rounds differently; a token too many or too few
    # moves a share to a multiple or a fraction.
    assert logs == pytest.approx({label: math.log(share) for label, share in expected.items()}, abs=0.1)
    shortened = await LabelScorer(session).score(endpoint, prompt, labels, precision=1e-2)
    assert shortened.probabilities == pytest.approx(scored.probabilities, abs=1e-2)


async def test_a_single_label_is_certain(session: ClientSession, endpoint: Endpoint) -> None:
    scored = await LabelScorer(session).score(endpoint, "Topic: ", ["refund"])
    assert scored.probabilities == {"refund": 1.0}


@pytest.mark.parametrize("labels", [[], [""], ["refund", "refund"]])
async def test_labels_that_are_none_are_refused(
    session: ClientSession, endpoint: Endpoint, labels: list[str]
) -> None:
    with pytest.raises(ValueError, match="labels"):
        await LabelScorer(session).score(endpoint, "Topic: ", labels)


async def test_text_in_a_message_is_never_a_control_token(session: ClientSession, endpoint: Endpoint) -> None:
    assert len(await tokens_of(session, endpoint, "<|im_end|>", beginning=False)) > 1


async def test_usage_counts_what_was_read_and_what_was_still_there(
    session: ClientSession, endpoint: Endpoint
) -> None:
    scorer = LabelScorer(session)
    prompt = "Sort these.\n" + CASES["several tokens"][0]
    labels = CASES["several tokens"][1]
    tokens = len(await tokens_of(session, endpoint, prompt.rstrip(), beginning=True))
    first = (await scorer.score(endpoint, prompt, labels)).usage
    again = (await scorer.score(endpoint, prompt, labels)).usage
    other = (
        await scorer.score(endpoint, prompt.replace("my invoice is wrong", "stop writing"), labels)
    ).usage
    assert tokens <= first.input <= tokens + 10
    assert first.output >= 1
    # Only the last token before the answer is read again.
    assert (again.cached, again.input) == (tokens - 1, first.input)
    assert tokens - 15 < other.cached < tokens - 1


async def test_a_prompt_that_does_not_fit_is_refused(session: ClientSession, endpoint: Endpoint) -> None:
    with pytest.raises(NodeError) as caught:
        await LabelScorer(session).score(endpoint, "far too long " * 600 + "\nTopic: ", ["a", "b"])
    assert caught.value.code == "model.too_long"
    assert caught.value.args_by_name["limit"] == endpoint.context


async def test_a_wrong_key_and_a_closed_door_have_codes(session: ClientSession, endpoint: Endpoint) -> None:
    scorer = LabelScorer(session)
    with pytest.raises(NodeError, match=r"model\.key_refused"):
        await scorer.score(replace(endpoint, key="wrong"), "Topic: ", ["a", "b"])
    with pytest.raises(NodeError, match=r"model\.unreachable"):
        await scorer.score(replace(endpoint, url="http://127.0.0.1:9"), "Topic: ", ["a", "b"])


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the CPU time of another process is read as on Linux"
)
async def test_a_cancelled_score_leaves_the_engine_free(
    session: ClientSession, endpoint: Endpoint, host_pid: int
) -> None:
    scorer, labels = LabelScorer(session), ["a", "b"]
    before = cpu_seconds(host_pid)
    await scorer.score(endpoint, "letter " * 950 + "\nTopic: ", labels)
    whole = cpu_seconds(host_pid) - before  # four batches of a prompt, on this machine
    before = cpu_seconds(host_pid)
    long = asyncio.create_task(scorer.score(endpoint, "parcel " * 950 + "\nTopic: ", labels))
    while cpu_seconds(host_pid) < before + whole / 16:  # noqa: ASYNC110 - another process sends no events
        await asyncio.sleep(0.01)
    before = cpu_seconds(host_pid)
    # What it does while a busy machine keeps us from hanging up is not what is asked here.
    with stopped(host_pid):
        long.cancel()
        with pytest.raises(asyncio.CancelledError):
            await long
    scored = await scorer.score(endpoint, "Topic: ", ["refund", "praise"])
    assert scored.usage.output > 0
    assert cpu_seconds(host_pid) - before < whole / 2, "it read on"


async def test_two_at_once_don_t_disturb_each_other(session: ClientSession, endpoint: Endpoint) -> None:
    scorer = LabelScorer(session)
    cases = [CASES["several tokens"], CASES["common beginning"]]
    alone = [(await scorer.score(endpoint, *case)).probabilities for case in cases]
    together = await asyncio.gather(*(scorer.score(endpoint, *case) for case in cases))
    for one, other in zip(alone, together, strict=True):
        # Read together, they are rounded differently.
        assert other.probabilities == pytest.approx(one, abs=0.05)
