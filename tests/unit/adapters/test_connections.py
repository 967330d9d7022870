from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.connection import Connection, normal_name, tidy_url
from app.adapters.connection_kinds import GENERAL, KINDS
from app.adapters.connections import THIS_COMPUTER, Connections
from app.document.problem import ProblemError
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG, ModelChoice
from app.settings import RoleTarget

LOCAL = ("SmolLM2-135M", "other")
Make = Callable[..., Connections]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def connections(**environment: str) -> Connections:
        return Connections(tmp_path / "connections.json", environment, lambda: LOCAL)

    return connections


def code_of(error: pytest.ExceptionInfo[ProblemError]) -> str:
    return error.value.problems[0].code


def test_this_computer_is_always_there(make: Make) -> None:
    (only,) = make().all
    assert (only.name, only.kind, only.is_local) == (THIS_COMPUTER, "embedded", True)
    assert (only.model, only.models) == (LOCAL[0], LOCAL)


def test_connections_are_kept_and_seen_by_others(make: Make, tmp_path: Path) -> None:
    ours, others = make(), make()
    ours.put(
        Connection("Company", "openai_compatible", "llm.example.com:8080", "m", ("m", "n"), organisation="o")
    )
    ours.put(Connection("Anthropic", "anthropic"))
    assert [one.name for one in others.all] == [THIS_COMPUTER, "Anthropic", "Company"]
    kept = others.get("company")
    assert kept == Connection(
        "Company", "openai_compatible", "https://llm.example.com:8080/v1", "m", ("m", "n"), organisation="o"
    )
    ours.put(replace(kept, model="n"))
    assert others.get("Company") == replace(kept, model="n")
    ours.rename("Company", "Firma 公司")
    assert others.get("firma-公司")
    ours.remove("Anthropic")
    assert [one.name for one in others.all] == [THIS_COMPUTER, "Firma 公司"]
    assert "key" not in (tmp_path / "connections.json").read_text("utf-8").lower()


@pytest.mark.parametrize(
    ("connection", "code"),
    [
        (Connection("", "openai"), "connection.bad_name"),
        (Connection("!!", "openai"), "connection.bad_name"),
        (Connection("a\nb", "openai"), "connection.bad_name"),
        (Connection("x", "telepathy"), "connection.unknown_kind"),
        (Connection("x", "embedded"), "connection.unknown_kind"),
        (Connection("x", "openai_compatible"), "connection.url_missing"),
        (Connection("x", "openai_compatible", "https://me:secret@host/"), "connection.key_in_url"),
        (Connection("x", "openai_compatible", "ftp://host/"), "connection.bad_url"),
        (Connection("x", "openai_compatible", "http://[::1"), "connection.bad_url"),
        (Connection("x", "bedrock", region="evil.example/#"), "connection.bad_region"),
        (Connection("x", "moonshot", region="moon"), "connection.bad_region"),
        (Connection("this computer", "openai"), "connection.name_taken"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field(make: Make, connection: Connection, code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        make().put(connection)
    assert code_of(caught) == code
    assert caught.value.problems[0].field in {"name", "kind", "url", "region"}


@pytest.mark.parametrize(
    ("limit", "value"), [("parallel", 0), ("parallel", 257), ("rpm", -1), ("tpm", 10**12)]
)
def test_a_limit_that_is_none_is_refused_with_its_field(make: Make, limit: str, value: int) -> None:
    with pytest.raises(ProblemError) as caught:
        make().put(replace(Connection("x", "openai"), **{limit: value}))
    assert code_of(caught) == "connection.bad_limit"
    assert caught.value.problems[0].field == limit


def test_limits_are_kept_and_old_files_have_none(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"connections": [{"name": "Old", "kind": "openai", "model": "m"}]}))
    connections = make()
    old = connections.get("Old")
    assert old is not None
    assert (old.parallel, old.rpm, old.tpm) == (None, None, None)
    connections.put(replace(old, parallel=4, tpm=90_000))
    (row,) = json.loads(file.read_text("utf-8"))["connections"]
    assert (row["parallel"], row["tpm"], "rpm" in row) == (4, 90_000, False)
    assert make().get("Old") == replace(old, parallel=4, tpm=90_000)


@pytest.mark.parametrize("value", ['"4"', "4.5", "true", "0", "257", "[]"])
def test_a_file_with_an_impossible_limit_is_not_read(make: Make, tmp_path: Path, value: str) -> None:
    file = tmp_path / "connections.json"
    file.write_text(f'{{"connections": [{{"name": "A", "kind": "openai", "parallel": {value}}}]}}')
    with pytest.raises(ProblemError) as caught:
        _ = make().all
    assert code_of(caught) == "connection.file_unreadable"


def test_the_environment_sets_limits_and_a_wrong_one_is_named(make: Make) -> None:
    good = make(
        BATON_CONN_A_KIND="groq", BATON_CONN_A_PARALLEL="4", BATON_CONN_A_RPM="30", BATON_CONN_A_TPM="9000"
    )
    found = good.get("a")
    assert found is not None
    assert (found.parallel, found.rpm, found.tpm) == (4, 30, 9000)
    for wrong in ("many", "0", "-1", "1.5", "9" * 40, "４"):
        bad = make(BATON_CONN_A_KIND="groq", BATON_CONN_A_RPM=wrong)
        assert bad.get("a") is None
        (problem,) = bad.problems
        assert (problem.code, problem.args["variable"]) == ("connection.bad_limit", "BATON_CONN_A_RPM")


def test_names_are_not_given_twice(make: Make) -> None:
    connections = make()
    connections.put(Connection("A", "openai"))
    connections.put(Connection("B", "openai"))
    with pytest.raises(ProblemError) as caught:
        connections.rename("A", "b")
    assert code_of(caught) == "connection.name_taken"
    connections.rename("A", "a")
    with pytest.raises(ProblemError) as caught:
        connections.remove("nobody")
    assert code_of(caught) == "connection.missing"


def test_a_list_that_cannot_be_read_is_not_overwritten(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    file.write_text('{"connections": [{"name": "A", ')
    connections = make()
    for attempt in (lambda: connections.all, lambda: connections.put(Connection("B", "openai"))):
        with pytest.raises(ProblemError) as caught:
            attempt()
        assert code_of(caught) == "connection.file_unreadable"
    assert file.read_text() == '{"connections": [{"name": "A", '


def test_what_a_newer_version_wrote_stays(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    newer = {"name": "Later", "kind": "telepathy", "wavelength": "5"}
    file.write_text(json.dumps({"connections": [newer, {"name": "A", "kind": "openai", "colour": "red"}]}))
    connections = make()
    assert [one.name for one in connections.all] == [THIS_COMPUTER, "A"]
    connections.put(Connection("B", "groq"))
    assert newer in json.loads(file.read_text("utf-8"))["connections"]


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("openai_compatible", "localhost:8000", "http://localhost:8000/v1"),
        ("openai_compatible", "http://0.0.0.0:8000/", "http://127.0.0.1:8000/v1"),
        (
            "openai_compatible",
            " https://Api.Example.com/llm/v1/chat/completions ",
            "https://api.example.com/llm/v1",
        ),
        ("openai_compatible", "192.168.0.5:1234", "http://192.168.0.5:1234/v1"),
        ("openai_compatible", "https://host/v1?key=1#x", "https://host/v1"),
        ("ollama", "gpu-box:11434", "http://gpu-box:11434/v1"),
        ("ollama", "http://[::1]:11434", "http://[::1]:11434/v1"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"),
        (
            "gemini",
            "https://generativelanguage.googleapis.com",
            "https://generativelanguage.googleapis.com/v1beta",
        ),
        (
            "azure",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
            "https://x.openai.azure.com",
        ),
        ("web_api", "https://api.example.com/v2/", "https://api.example.com/v2"),
    ],
)
def test_pasted_addresses_are_repaired(kind: str, typed: str, kept: str) -> None:
    assert tidy_url(typed, KINDS[kind]) == kept
    assert tidy_url(kept, KINDS[kind]) == kept


@pytest.mark.parametrize(
    ("connection", "host"),
    [
        (Connection("x", "bedrock"), "bedrock-runtime.us-east-1.amazonaws.com"),
        (Connection("x", "bedrock", region="eu-central-1"), "bedrock-runtime.eu-central-1.amazonaws.com"),
        (Connection("x", "moonshot"), "api.moonshot.cn"),
        (Connection("x", "moonshot", region="intl"), "api.moonshot.ai"),
        (Connection("x", "moonshot", "http://localhost:1/v1", region="intl"), "localhost"),
    ],
)
def test_a_region_has_its_own_address(make: Make, connection: Connection, host: str) -> None:
    assert make().put(connection).host == host


def test_the_environment_brings_connections_of_its_own(make: Make) -> None:
    make().put(Connection("Work", "openai"))
    connections = make(
        BATON_CONN_WORK_KIND="anthropic",
        BATON_CONN_WORK_KEY="k",
        BATON_CONN_BOX_URL="localhost:9000",
        BATON_CONN_BOX_MODEL="m",
        BATON_CONN_ODD_KIND="telepathy",
        BATON_CONN_BAD_URL="ftp://x",
        OTHER="x",
    )
    assert [(one.name, one.kind) for one in connections.all] == [
        (THIS_COMPUTER, "embedded"),
        ("BOX", "openai_compatible"),
        ("WORK", "anthropic"),
    ]
    box = connections.get("box")
    assert box is not None
    assert (box.address, box.model, box.is_local) == ("http://localhost:9000/v1", "m", True)
    assert {(p.code, p.args["variable"]) for p in connections.problems} == {
        ("connection.unknown_kind", "BATON_CONN_ODD_KIND"),
        ("connection.bad_url", "BATON_CONN_BAD_URL"),
    }
    with pytest.raises(ProblemError) as caught:
        connections.put(Connection("box", "openai"))
    assert code_of(caught) == "connection.name_taken"


def test_names_are_compared_as_environment_variables_spell_them() -> None:
    assert normal_name("Company OpenAI") == normal_name("company-openai") == "COMPANY_OPENAI"


def test_roles_lead_to_models(make: Make) -> None:
    connections = make()
    connections.put(Connection("Big", "openai", model="gpt-x"))
    assert connections.resolve(SMALL, {}) == (connections.this_computer, LOCAL[0])
    roles = {"strong": RoleTarget("Big"), "small": RoleTarget("Big", "mini")}
    assert connections.resolve(STRONG, roles)[1] == "gpt-x"
    assert connections.resolve(SMALL, roles)[1] == "mini"
    assert (
        connections.resolve(ModelChoice(connection=THIS_COMPUTER, kind="embedded", model="other"), {})[1]
        == "other"
    )


@pytest.mark.parametrize(
    ("choice", "code", "args"),
    [
        (STRONG, "role.not_mapped", {"role": "strong"}),
        (
            ModelChoice(connection="Gig", kind="openai", model="m"),
            "connection.misspelt",
            {"connection": "Gig", "suggestion": "Big"},
        ),
        (
            ModelChoice(connection="Big", kind="anthropic", model="m"),
            "connection.other_kind",
            {"here": "openai"},
        ),
        (ModelChoice(connection="Big", kind="openai"), "model.none_chosen", {"connection": "Big"}),
        (ModelChoice(connection="Api"), "connection.no_models", {"connection": "Api"}),
        (
            ModelChoice(connection=THIS_COMPUTER, model="smollm2-135"),
            "model.misspelt",
            {"model": "smollm2-135", "suggestion": "SmolLM2-135M"},
        ),
        (ModelChoice(connection="Nobody's", model="m"), "connection.missing", {"connection": "Nobody's"}),
        (ModelChoice(connection=THIS_COMPUTER, model="x"), "model.missing", {"model": "x"}),
    ],
)
def test_choices_that_lead_nowhere_say_why(
    make: Make, choice: ModelChoice, code: str, args: dict[str, object]
) -> None:
    connections = make()
    connections.put(Connection("Big", "openai"))
    connections.put(Connection("Api", "web_api", "https://api.example.com"))
    with pytest.raises(NodeError) as caught:
        connections.resolve(choice, {})
    assert caught.value.code == code
    assert args.items() <= caught.value.args_by_name.items()


def test_what_makes_other_models_of_the_same_name(make: Make) -> None:
    """An own address or another provider; not a name, not a key, not what the kind has as its address anyway."""

    def place(kind: str, **facts: str) -> str:
        connections = make()
        connections.put(Connection("One", kind, **facts))
        kept = connections.get("One")
        assert kept is not None
        return kept.place

    assert (
        place("openai") == place("openai", url=KINDS["openai"].url) == place("openai", organisation="o") == ""
    )
    assert place("openai", url="https://proxy.example/v1") == "https://proxy.example/v1"
    assert place("openai_compatible", url="llm.example:8080") == "https://llm.example:8080/v1"
    assert place("bedrock") == place("bedrock", region="eu-central-1") == ""
    assert place(GENERAL, provider="cohere") != place(GENERAL, provider="perplexity")
