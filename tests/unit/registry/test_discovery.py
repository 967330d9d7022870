"""Discovery with real packages: each test installs what it needs into a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest
from yardstick import slowness

from app.document.problem import Problem
from app.registry import discovery
from app.registry.discovery import AddOn, addons, discover
from app.texts import catalogue

NODE = '''
"""A node of an add-on."""
from dataclasses import dataclass
from app.sdk.node_type import NodeType

@dataclass(frozen=True)
class Nothing:
    pass

class Extra(NodeType[Nothing, Nothing, Nothing]):
    """Help. Example: none."""
    id = "{id}"
    title = "Extra"
    summary = "More"
    kind = "tool"
    category = "tools"
    icon = "globe"
{more}
'''


class Installed:
    """Installs distributions into a folder that Python searches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def package(self, name: str, modules: dict[str, str], *, version: str = "1.2", points: str = "") -> str:
        """`modules` by dotted path below the package; gives the distribution's name."""
        module = name.replace("-", "_").lower()
        for path, source in {"__init__": "", **modules}.items():
            file = self.folder / module / (path.replace(".", "/") + ".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            for folder in {file.parent, *file.parents} - {self.folder, *self.folder.parents}:
                (folder / "__init__.py").touch()
            file.write_text(source, "utf-8")
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
        entry = points or f"nodes = {module}"
        (info / "entry_points.txt").write_text(f"[baton.nodes]\n{entry}\n", "utf-8")
        return name


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Installed(tmp_path)  # type: ignore[misc]
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


def node(type_id: str, more: str = "") -> str:
    return NODE.format(id=type_id, more=indent(dedent(more), "    "))


def ids(found: discovery.Registry) -> set[str]:
    return {spec.id for spec in found.specs}


def test_built_in_types_come_by_the_same_door() -> None:
    found = discover()
    assert {"intent.ask", "output.output"} <= ids(found)
    assert found.problems == ()
    assert all(spec.type.__module__.startswith("nodes.") for spec in found.specs)


def test_an_add_on_loads_only_after_it_was_switched_on(installed: Installed) -> None:
    installed.package(
        "Baton_Shop", {"tool.extra": "import sys\nsys.shop_loaded = True\n" + node("shop.extra")}
    )
    assert addons() == (AddOn("baton-shop", "1.2"),)
    assert "shop.extra" not in ids(discover())
    assert not hasattr(sys, "shop_loaded"), "nothing of it may run before"
    found = discover(["baton.shop"])
    assert "shop.extra" in ids(found)
    assert found.problems == ()
    del sys.shop_loaded  # type: ignore[attr-defined]


def test_the_packaged_app_loads_no_add_on(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    installed.package("baton-shop", {"extra": node("shop.extra")})
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    found = discover(["baton-shop"])
    assert "shop.extra" not in ids(found)
    assert "intent.ask" in ids(found)


@pytest.mark.parametrize(
    ("module", "error"),
    [
        ("raise RuntimeError('no licence\\nsecond line')", "RuntimeError"),
        ("import a_package_that_is_not_there", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("this is no Python", "SyntaxError"),
        (node("shop.bad", "category = 'nowhere'"), "TypeError"),
        (node("shop.bad", "title = None"), "TypeError"),
        (node("shop.bad", "@classmethod\ndef ports(cls, fields):\n    return 1 / 0"), "ZeroDivisionError"),
        (node("shop.bad").replace("NodeType[Nothing, Nothing, Nothing]", "NodeType"), "TypeError"),
        (node("shop.bad").replace("    pass", "    x: int"), "TypeError"),
    ],
)
def test_a_broken_add_on_is_a_problem_and_no_crash(installed: Installed, module: str, error: str) -> None:
    installed.package("baton-shop", {"good": node("shop.good"), "sub.bad": module})
    found = discover(["baton-shop"])
    assert "shop.good" in ids(found), "what is sound stays"
    assert "intent.ask" in ids(found)
    (problem,) = found.problems
    assert problem.code == "addon.broken"
    assert problem.severity == "warning", "workflows without its steps still run"
    assert problem.args["package"] == "baton-shop"
    assert problem.args["module"] == "baton_shop.sub.bad"
    assert problem.args["error"] == error
    assert "\n" not in str(problem.args["detail"])
    assert f"problem.{problem.code}" in catalogue("en")


def test_a_package_that_is_not_there_is_a_problem(installed: Installed) -> None:
    installed.package("baton-shop", {}, points="nodes = gone_away")
    (problem,) = discover(["baton-shop"]).problems
    assert (problem.code, problem.args["error"]) == ("addon.broken", "ModuleNotFoundError")


def test_nobody_takes_an_id_that_is_there(installed: Installed) -> None:
    installed.package("baton-shop", {"ask": node("intent.ask"), "extra": node("shop.extra")})
    installed.package("zz-late", {"extra": node("shop.extra")})
    found = discover(["baton-shop", "zz-late"])
    ask, extra = found.get("intent.ask"), found.get("shop.extra")
    assert ask is not None
    assert extra is not None
    assert ask.type.__module__ == "nodes.intent.ask"
    assert extra.type.__module__ == "baton_shop.extra"
    taken = {(p.code, p.args["package"], p.args["type"]) for p in found.problems}
    assert taken == {
        ("addon.taken_id", "baton-shop", "intent.ask"),
        ("addon.taken_id", "zz-late", "shop.extra"),
    }
    assert all(isinstance(problem, Problem) for problem in found.problems)


def test_types_that_a_module_only_imports_count_once(installed: Installed) -> None:
    again = "from baton_shop.extra import Extra\nfrom app.sdk.node_type import NodeType\n"
    installed.package("baton-shop", {"again": again, "extra": node("shop.extra")})
    assert discover(["baton-shop"]).problems == ()


def test_finding_all_nodes_is_quick_and_loads_nothing_heavy() -> None:
    """The command line's whole first result has 1.0 to 1.5 CPU seconds."""
    code = """
    import sys, time, json
    import app.registry.registry
    begun = time.process_time()
    from app.registry.discovery import discover
    found = discover()
    took = time.process_time() - begun
    heavy = {"aiohttp", "asyncio", "PySide6", "litellm", "networkx", "openpyxl", "numpy", "httpx", "yarl"}
    print(json.dumps([len(found.specs), took, sorted(heavy & set(sys.modules))]))
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(code)], capture_output=True, text=True, timeout=60, check=True
    )
    count, took, heavy = json.loads(done.stdout)
    assert count >= 17
    assert heavy in ([], ["asyncio"])
    assert took < 0.6 * slowness(), "about 0.1 s on a quiet machine"
