"""Bring the pinned uv into the project, by whatever pip this machine has or its packages can lend.

pip knows the index, the proxy and the certificates of its machine, so none of them is named here. Debian's
Python comes without pip; there pip's wheel is unpacked from Debian's own package, which needs no root.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from system_packages import install

FOLDER = Path(".uv")
UV = FOLDER / "bin" / "uv"
LOCK = Path("packaging/bootstrap.lock")
DEBIAN_PACKAGE = "python3-pip-whl"
DEBIAN_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")  # Debian's pip doesn't start without it

# What a person set for one of the two tools counts for the other too.
PIP_TO_UV = {"index-url": "UV_DEFAULT_INDEX", "proxy": "ALL_PROXY", "cert": "SSL_CERT_FILE"}
UV_TO_PIP = {
    "UV_DEFAULT_INDEX": "PIP_INDEX_URL",
    "UV_INDEX_URL": "PIP_INDEX_URL",
    "SSL_CERT_FILE": "PIP_CERT",
}


def child_environment() -> dict[str, str]:
    """The variables for uv and pip: this process's, with each tool told what the other was told."""
    environment = dict(os.environ)
    for theirs, ours in UV_TO_PIP.items():
        if theirs in environment:
            environment.setdefault(ours, environment[theirs])
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_ROOT_USER_ACTION"] = "ignore"
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    if system_has_certificates():
        environment.setdefault("UV_SYSTEM_CERTS", "1")  # a company's own authority is found there
    return environment


def uv_ready(environment: dict[str, str]) -> str:
    """The path of the pinned uv, installed first where it is missing; `environment` learns pip's settings."""
    pip = find_pip()
    known = pip_settings(pip, environment)
    for setting in PIP_TO_UV.keys() & known.keys():
        environment.setdefault(PIP_TO_UV[setting], known[setting])
    if installed_version() != pinned_version():
        print(f"Fetching uv {pinned_version()} into .uv", flush=True)
        target = ["--quiet", "--no-input", "--no-deps", "--upgrade", "--target", str(FOLDER)]
        checked = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)]
        subprocess.run([*pip, "install", *target, *checked], env=environment, check=True)
    return str(UV.absolute())


def pinned_version() -> str:
    return LOCK.read_text().split("==")[1].split()[0]


def installed_version() -> str:
    if not UV.is_file():
        return ""
    said = subprocess.run([str(UV.absolute()), "--version"], capture_output=True, text=True, check=False)
    return said.stdout.split()[1] if said.returncode == 0 else ""


def find_pip() -> list[str]:
    """How to call pip: as a module, or from a wheel of ensurepip, of the system or of Debian's package."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    wheel = wheel_in(ensurepip_folder()) or wheel_in(Path("/usr/share/python-wheels")) or wheel_from_debian()
    return [sys.executable, str(wheel.absolute() / "pip")]


def ensurepip_folder() -> Path:
    spec = importlib.util.find_spec("ensurepip")
    return Path(spec.origin).parent / "_bundled" if spec and spec.origin else Path()


def wheel_in(folder: Path) -> Path | None:
    return max(folder.glob("pip-*.whl"), default=None)


def wheel_from_debian() -> Path:
    """pip's wheel, unpacked from Debian's package into `.uv/`; ends the program where that can't be had."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        sys.exit("This Python has no pip: install pip for it with your system's packages, then try again.")
    if not DEBIAN_AUTHORITIES.is_file() and not install(["ca-certificates"]):
        sys.exit("This system knows no certificate authority: sudo apt-get install ca-certificates")
    unpacked = FOLDER / "debian"
    wheels = unpacked / "usr/share/python-wheels"
    if wheel_in(wheels) is None:
        print(f"Fetching pip from Debian's package {DEBIAN_PACKAGE}", flush=True)
        download_from_debian()
        for package in FOLDER.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(unpacked)], check=True)
            package.unlink()
    wheel = wheel_in(wheels)
    if wheel is None:
        sys.exit(
            "This Python has no pip, and apt-get could not fetch one (its message is above).\n"
            "With the network there: sudo apt-get install python3-pip"
        )
    return wheel


def download_from_debian() -> None:
    """By the machine's own package lists; where it has none yet (a new container), by lists kept in `.uv/`."""
    lists = (FOLDER / "lists").absolute()
    cache = (FOLDER / "cache").absolute()
    own = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    download = ["download", DEBIAN_PACKAGE]
    if not apt_get(download):
        apt_get([*own, "update"])
        apt_get([*own, *download])


def apt_get(arguments: list[str]) -> bool:
    # As root apt would fetch as a user of its own, who may not write here.
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *arguments]
    return subprocess.run(command, cwd=FOLDER, check=False).returncode == 0


def pip_settings(pip: list[str], environment: dict[str, str]) -> dict[str, str]:
    """What pip's files and variables say, by name: `index-url`, `proxy`, `cert` …"""
    listed = subprocess.run(
        [*pip, "config", "list"], env=environment, capture_output=True, text=True, check=False
    )
    settings: dict[str, str] = {}
    for section in ("global", "install", ":env:"):  # the later one wins, as in pip
        settings.update(re.findall(rf"^{section}\.([\w-]+)='(.*)'$", listed.stdout, re.MULTILINE))
    return settings


def system_has_certificates() -> bool:
    paths = ssl.get_default_verify_paths()
    return (
        sys.platform == "darwin"
        or bool(paths.cafile)
        or bool(paths.capath and any(Path(paths.capath).iterdir()))
    )
