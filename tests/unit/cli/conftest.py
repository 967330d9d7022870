"""A scripted server in a process of its own, for programs that are tested from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def scripted_server() -> Iterator[str]:
    """The address of its OpenAI dialect."""
    command = [sys.executable, "-m", "tests.servers.scripted"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        port = json.loads(server.stdout.readline())["port"] if server.stdout else 0
        yield f"http://127.0.0.1:{port}/openai/v1"
        server.kill()
