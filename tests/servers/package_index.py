"""An index of packages on loopback: files with the times at which they were uploaded, as uv and pip ask for them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PROJECT = "a-part"
_SIMPLE = "application/vnd.pypi.simple.v1+json"


def wheel(version: str) -> tuple[str, bytes]:
    """Name and content of a wheel with one module in it."""
    about = f"a_part-{version}.dist-info"
    files = {
        "a_part.py": f"version = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return f"a_part-{version}-py3-none-any.whl", whole.getvalue()


def source(version: str) -> tuple[str, bytes]:
    """Name and content of a source archive, whose code would run where it is built."""
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {PROJECT}\nVersion: {version}\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n',
        "build.py": "raise SystemExit('it ran')\n",
    }
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"a_part-{version}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return f"a_part-{version}.tar.gz", whole.getvalue()


@contextmanager
def package_index(*offered: tuple[tuple[str, bytes], int]) -> Iterator[str]:
    """The address of an index; each file with how many days ago it was uploaded."""
    files = {name: content for (name, content), _ in offered}
    now = datetime.now(UTC)
    listed: dict[str, Any] = {
        "meta": {"api-version": "1.1"},
        "name": PROJECT,
        "versions": sorted({name.split("-")[1].removesuffix(".tar.gz") for name in files}),
        "files": [
            {
                "filename": name,
                "url": f"/files/{name}",
                "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                "size": len(content),
                "upload-time": f"{now - timedelta(days=days):%Y-%m-%dT%H:%M:%S.%fZ}",
            }
            for (name, content), days in offered
        ],
    }

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            if self.path == f"/simple/{PROJECT}/":
                self._say(_SIMPLE, json.dumps(listed).encode())
            elif name in files:
                self._say("application/octet-stream", files[name])
            else:
                self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - as above

        def _say(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, format: str, *given: Any) -> None:  # noqa: A002 - the server's own name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
