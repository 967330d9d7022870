"""`baton rate` and `baton checks`: what people said of results, and how far the checks agree with it."""

from __future__ import annotations

from typing import Any

from app.document.workflow import Workflow
from tests.flows import flow

ROWS = [{"message": word} for word in ("short", "long enough", "also long enough", "tiny")]


def checked(at_least: int = 6) -> Workflow:
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "message"}], "samples": ROWS}),
        "c": ("verifier.check", {"rules": [{"rule": "length", "minimum": at_least}]}),
        "m": "flow.merge",
        "o": ("output.output", {"name": "reply"}),
    }
    edges = ["a.message>c.value", "c.passed>m.values", "c.failed>m.values", "m.value>o.value"]
    return flow(nodes, edges)


def run_of(baton: Any, path: Any) -> str:
    ran = baton("run", path, "--rows", "samples", "--allow", "--json")
    assert ran.code == 0, ran.err
    return ran.json["run"]


def card_of(baton: Any, path: Any) -> Any:
    told = baton("checks", path, "--json")
    assert told.code == 0, told.err
    return told.json[0]


def test_a_card_counts_false_passes_and_false_alarms_by_ratings(save: Any, baton: Any) -> None:
    path = save(checked())
    run = run_of(baton, path)
    assert "No labels yet" in baton("checks", path).out
    for row, word in ((1, "bad"), (2, "good"), (3, "bad"), (4, "good")):
        assert "1 check." in baton("rate", run, word, "--row", row).err
    card = card_of(baton, path)
    assert (card["agreed"]["n"], card["agreed"]["of"]) == (2, 4)
    assert (card["false_passes"]["n"], card["false_passes"]["of"]) == (1, 2)
    assert (card["false_alarms"]["n"], card["false_alarms"]["of"]) == (1, 2)
    assert card["false_passes"]["low"] < 0.5 < card["false_passes"]["high"]
    assert card["ratings"] == 4
    baton("rate", run, "good", "--row", "3")  # a second thought replaces the first
    assert card_of(baton, path)["false_passes"]["of"] == 1
    baton("rate", run, "none", "--row", "3")
    assert card_of(baton, path)["agreed"]["of"] == 3
    assert "2 of 3" in baton("checks", path).out


def test_labels_outlive_their_run_and_are_known_again_by_content(save: Any, baton: Any) -> None:
    path = save(checked())
    run = run_of(baton, path)
    baton("rate", run, "good", "--row", "1")
    assert card_of(baton, path)["false_alarms"]["n"] == 1
    assert baton("runs", "forget", run).code == 0
    save(checked(at_least=3))  # other settings: what was found before says nothing of them
    card = card_of(baton, path)
    assert (card["agreed"]["of"], card["with_earlier_settings"]) == (0, 1)
    run_of(baton, path)  # the same value is judged again, and passes now
    card = card_of(baton, path)
    assert (card["agreed"]["n"], card["agreed"]["of"], card["with_earlier_settings"]) == (1, 1, 0)


def test_what_did_not_run_is_never_a_pass(save: Any, baton: Any) -> None:
    asked = [{"name": "message"}, {"name": "known", "required": False}]
    nodes = {
        "a": ("intent.ask", {"asked": asked, "samples": ROWS}),
        "c": ("verifier.check", {"rules": [{"rule": "equals_known"}], "unchecked_passes": True}),
        "o": ("output.output", {"name": "reply"}),
    }
    path = save(flow(nodes, ["a.message>c.value", "a.known>c.expected", "c.passed>o.value"]))
    run = run_of(baton, path)
    baton("rate", run, "good", "--row", "1")
    card = card_of(baton, path)
    assert (card["agreed"]["of"], card["not_checked"]) == (0, 1)


def test_a_persons_decision_is_a_label(save: Any, baton: Any) -> None:
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "message"}]}),
        "c": ("verifier.check", {"rules": [{"rule": "not_empty"}]}),
        "p": "human.ask_person",
        "o": ("output.output", {"name": "reply"}),
    }
    path = save(flow(nodes, ["a.message>c.value", "c.passed>p.value", "p.approved>o.value"]))
    for message, word in (("one", "--approve"), ("two", "--reject"), ("three", "--edit=four")):
        waiting = baton("run", path, "--input", f"message={message}", "--allow", "--json")
        assert waiting.code == 5, waiting.err
        assert baton("answer", waiting.json["run"], "p", word).code == 0
    card = card_of(baton, path)
    assert (card["reviews"], card["agreed"]["n"], card["agreed"]["of"]) == (3, 1, 3)
    assert (card["false_passes"]["n"], card["false_passes"]["of"]) == (2, 2)


def test_a_result_that_is_not_there_is_refused(save: Any, baton: Any) -> None:
    run = run_of(baton, save(checked()))
    assert "no such result" in baton("rate", run, "good", "--row", "1", "--output", "other").err
    assert baton("rate", run, "good", "--row", "99").code != 0
    assert baton("rate", "nothing", "good").code == 4
