"""The program ends without a fault, whatever stands in its windows."""

from __future__ import annotations

from tests.ui.own_process import ended

# A card's buttons keep functions that keep the card: left to Python's own order, most processes end with a signal.
PROGRAM = """
from app.events.run_events import PersonAsked
from app.settings import folders
from app.ui.application import delete_windows, make_application
from app.ui.runs.person_card import PersonCard
from app.ui.step_looks import StepLook

application = make_application(folders())
for _ in range(10):
    PersonCard(PersonAsked(0.0, "n", "", "Right?", "", "text", True), StepLook("Step", "human", "user-check"))
print(len(application.topLevelWidgets()))
delete_windows()
print(len(application.topLevelWidgets()))
"""


def test_windows_are_deleted_before_the_program_ends() -> None:
    assert ended(PROGRAM) == (0, "10\n0\n", "")
