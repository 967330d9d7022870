# ruff: noqa: ASYNC240 - a test may wait for the disk
from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from app.adapters import redaction
from app.adapters.keyring_secrets import Secrets, SecretsState
from app.adapters.redaction import log_to
from app.adapters.secret_file import Lock, key_from, new_key, new_passphrase_lock, open_secrets, save_secrets
from app.adapters.system_store import KeyringStore, StoreUnavailable
from app.document.problem import ProblemError

CANARY = "canary-5f1b27c9-never-in-plain-text"
ROOT = Path(__file__).parents[3]


class Store:
    """A system store that a test controls."""

    def __init__(self, *, fails: str = "", forgets: bool = False) -> None:
        self.kept: dict[str, str] = {}
        self.fails = fails
        self.forgets = forgets
        self.asked = 0

    def read(self, name: str) -> str | None:
        self.asked += 1
        if self.fails:
            raise StoreUnavailable(self.fails)
        return self.kept.get(name)

    def write(self, name: str, value: str) -> None:
        if self.fails:
            raise StoreUnavailable(self.fails)
        if not self.forgets:
            self.kept[name] = value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "secrets.json"


def code_of(error: pytest.ExceptionInfo[ProblemError]) -> str:
    return error.value.problems[0].code


async def test_keys_are_kept_by_the_system(file: Path) -> None:
    store = Store()
    secrets = Secrets(file, {}, store)
    assert await secrets.get("Company OpenAI") is None
    assert store.asked == 0, "nothing is asked of the system while there is no file"
    assert await secrets.set("Company OpenAI", CANARY) == SecretsState("system store")
    later = Secrets(file, {}, store)
    assert await later.get("company-openai") == CANARY
    assert await later.state() == SecretsState("system store")
    assert len(store.kept["master key"]) == 44, "one short key: Windows holds no long ones"
    assert file.stat().st_mode & 0o077 == 0
    await later.rename("Company OpenAI", "Firma")
    assert (await later.get("Firma"), await later.get("Company OpenAI")) == (CANARY, None)
    await later.delete("Firma")
    assert await Secrets(file, {}, store).get("Firma") is None


async def test_the_same_keys_are_never_sealed_alike(file: Path) -> None:
    secrets = Secrets(file, {}, Store())
    await secrets.set("a", CANARY)
    first = file.read_bytes()
    await secrets.set("a", CANARY)
    assert file.read_bytes() != first


@pytest.mark.parametrize("part", ["nonce", "sealed", "lock"])
async def test_a_changed_file_is_noticed(file: Path, part: str) -> None:
    store = Store()
    await Secrets(file, {}, store).set("a", CANARY)
    saved = json.loads(file.read_text())
    if part == "lock":
        saved["lock"]["p"] = 1
        saved["lock"]["n"] = 2
    else:
        saved[part] = ("A" if saved[part][0] != "A" else "B") + saved[part][1:]
    file.write_text(json.dumps(saved))
    with pytest.raises(ProblemError) as caught:
        await Secrets(file, {}, store).get("a")
    assert code_of(caught) == "secrets.wrong_key"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version": 1}', '{"version": 2}', '{"version": 1, "lock": {"kind": "none"}}']
)
async def test_a_broken_file_is_said_and_left_alone(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    secrets = Secrets(file, {}, Store())
    for attempt in (secrets.get("a"), secrets.set("a", CANARY)):
        with pytest.raises(ProblemError) as caught:
            await attempt
        assert code_of(caught) == "secrets.unreadable"
    assert file.read_text() == text
    aside = await secrets.start_over()
    assert aside is not None
    assert aside.read_text() == text
    await secrets.set("a", CANARY)
    assert await secrets.get("a") == CANARY


async def test_a_master_key_that_is_gone_is_said(file: Path) -> None:
    await Secrets(file, {}, Store()).set("a", CANARY)
    with pytest.raises(ProblemError) as caught:
        await Secrets(file, {}, Store()).get("a")
    assert code_of(caught) == "secrets.key_lost"


@pytest.mark.parametrize(
    "store", [Store(fails="no such service"), Store(forgets=True)], ids=["missing", "forgetful"]
)
async def test_without_a_store_keys_last_for_the_session(file: Path, store: Store) -> None:
    secrets = Secrets(file, {}, store)
    state = await secrets.set("a", CANARY)
    assert state.place == "session only"
    assert state.detail
    assert await secrets.get("a") == CANARY
    assert not file.exists()
    assert await Secrets(file, {}, store).get("a") is None
    await secrets.delete("a")
    assert await secrets.get("a") is None


async def test_a_store_that_stops_answering_is_said(file: Path) -> None:
    store = Store()
    await Secrets(file, {}, store).set("a", CANARY)
    store.fails = "the collection is locked"
    secrets = Secrets(file, {}, store)
    with pytest.raises(ProblemError) as caught:
        await secrets.get("a")
    assert code_of(caught) == "secrets.store_unavailable"
    store.fails = ""
    assert await secrets.get("a") == CANARY, "the person has unlocked it meanwhile"


async def test_a_passphrase_protects_where_no_store_is(file: Path) -> None:
    store = Store(fails="none here")
    secrets = Secrets(file, {}, store)
    await secrets.set("a", CANARY)
    with pytest.raises(ProblemError) as caught:
        await secrets.protect("short")
    assert code_of(caught) == "secrets.short_passphrase"
    await secrets.protect("correct horse 电池")
    assert await secrets.state() == SecretsState("passphrase")

    later = Secrets(file, {}, store)
    assert await later.state() == SecretsState("passphrase", locked=True)
    for attempt in (later.get("a"), later.set("b", "x")):
        with pytest.raises(ProblemError) as caught:
            await attempt
        assert code_of(caught) == "secrets.locked"
    with pytest.raises(ProblemError) as caught:
        await later.unlock("wrong horse 电池")
    assert code_of(caught) == "secrets.wrong_passphrase"
    await later.unlock("correct horse 电池")
    assert await later.get("a") == CANARY
    assert await later.set("b", "second") == SecretsState("passphrase")
    assert await later.get("b") == "second"


async def test_a_foreign_file_cannot_ask_for_endless_work(file: Path) -> None:
    lock = new_passphrase_lock()
    save_secrets(file, {}, new_key(), lock)
    saved = json.loads(file.read_text())
    saved["lock"]["n"] = 2**30
    file.write_text(json.dumps(saved))
    with pytest.raises(ProblemError) as caught:
        await Secrets(file, {}, Store()).unlock("anything at all")
    assert code_of(caught) == "secrets.unreadable"


def test_a_passphrase_makes_its_own_key_each_time(file: Path) -> None:
    one, other = (Lock("passphrase", new_passphrase_lock().salt, n=2**10) for _ in range(2))
    assert key_from("same", one) == key_from("same", one)
    assert key_from("same", one) != key_from("same", other)
    save_secrets(file, {"A": CANARY}, key_from("same", one), one)
    assert open_secrets(file, key_from("same", one)) == {"A": CANARY}


async def test_keys_of_the_environment_come_first_and_need_nothing_else(file: Path) -> None:
    store = Store(fails="none here")
    secrets = Secrets(file, {"BATON_CONN_COMPANY_OPENAI_KEY": CANARY, "OTHER_KEY": "x"}, store)
    assert await secrets.get("Company OpenAI") == CANARY
    assert store.asked == 0
    assert (await secrets.state()).place == "environment"


def test_headless_runs_import_neither_keyring_nor_cryptography() -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from app.adapters.keyring_secrets import Secrets; "
        "secrets = Secrets(Path('none'), {'BATON_CONN_A_KEY': 'k'}); "
        "assert asyncio.run(secrets.get('a')) == 'k'; assert asyncio.run(secrets.get('b')) is None; "
        "sys.exit(bool({'keyring', 'cryptography'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("win32", ("keyring.backends.Windows", "WinVaultKeyring")),
        ("darwin", ("keyring.backends.macOS", "Keyring")),
        ("linux", ("keyring.backends.SecretService", "Keyring")),
        ("freebsd14", ("keyring.backends.SecretService", "Keyring")),
    ],
)
def test_each_system_has_its_own_store(platform: str, expected: tuple[str, str]) -> None:
    asked: list[tuple[str, str]] = []
    kept: dict[tuple[str, str], str] = {}

    class Backend:
        def get_password(self, service: str, name: str) -> str | None:
            return kept.get((service, name))

        def set_password(self, service: str, name: str, value: str) -> None:
            kept[service, name] = value

    def load(module: str, name: str) -> Any:
        asked.append((module, name))
        return Backend

    store = KeyringStore(platform, load)
    assert store.read("master key") is None
    store.write("master key", "k")
    assert store.read("master key") == "k"
    assert kept == {("Baton", "master key"): "k"}
    assert set(asked) == {expected}


def test_this_system_s_store_is_really_there_or_says_that_it_is_not() -> None:
    """On a machine without a desktop the real backend must fail, quickly and in words."""
    begun = time.monotonic()
    said = "there is one"
    try:
        KeyringStore().read("a name that nobody uses")
    except StoreUnavailable as error:
        said = str(error)
    assert said
    assert time.monotonic() - begun < 60


def test_a_store_that_hangs_is_left() -> None:
    let_go = Event()

    class Hanging:
        def get_password(self, service: str, name: str) -> str | None:
            let_go.wait(300)
            return None

    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        KeyringStore("linux", lambda *_: Hanging, limit=0.1).read("x")
    assert time.monotonic() - begun < 60
    let_go.set()


async def test_the_canary_is_nowhere_in_plain_text(tmp_path: Path) -> None:
    """Written, read, logged, failed with: afterwards no file of the profile holds it, in any spelling."""
    handler = log_to(tmp_path / "logs" / "engine.log")
    try:
        secrets = Secrets(tmp_path / "config" / "secrets.json", {}, Store())
        await secrets.set("a", CANARY)
        await Secrets(tmp_path / "config2" / "secrets.json", {}, Store(fails="x")).set("a", CANARY)
        by_phrase = Secrets(tmp_path / "config3" / "secrets.json", {}, Store(fails="x"))
        await by_phrase.set("a", CANARY)
        await asyncio.gather(by_phrase.protect("a long passphrase"), secrets.get("a"))
        logger = logging.getLogger("test")
        logger.error("the key is %s", CANARY)
        logger.error("%r", {"Authorization": f"Bearer {CANARY}"})
        try:
            raise RuntimeError(f"https://host/?key={CANARY}")
        except RuntimeError:
            logger.exception("failed")
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    spellings = [form.encode() for form in redaction._forms(CANARY)]  # noqa: SLF001
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    for path in files:
        data = path.read_bytes()
        assert not any(spelling in data for spelling in spellings), path
    assert redaction.HIDDEN in (tmp_path / "logs" / "engine.log").read_text("utf-8")
