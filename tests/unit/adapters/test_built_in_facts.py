"""What the picker says of the built-in model is what was measured."""

from __future__ import annotations

from pathlib import Path

from app import texts
from app.adapters.built_in_model import built_in_model

MEASURED = (Path(__file__).parents[3] / "docs/measurements.md").read_text("utf-8")


def test_every_number_stands_in_the_measurements() -> None:
    facts = built_in_model().facts
    assert built_in_model().title
    assert facts
    for fact in facts:
        if "right" in fact.args:
            assert f"{fact.args['right']} of {fact.args['of']}" in MEASURED


def test_every_fact_has_its_sentence() -> None:
    for fact in built_in_model().facts:
        for language in texts.LANGUAGES:
            assert texts.has(f"built_in.{fact.code}", language)


def test_it_is_the_model_that_is_shipped(model_path: Path) -> None:
    assert built_in_model().model == model_path.stem
