"""The disk image for macOS: the app beside a link to Applications; signed and notarised where certificates are given.

BATON_SIGNING_IDENTITY   name of a "Developer ID Application" certificate in the keychain
BATON_NOTARY_PROFILE     name under which `xcrun notarytool store-credentials` keeps the account
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def make_disk_image(app: Path, out: Path, icon: Path, version: str) -> Path:
    """Gives the image's path. Raises subprocess.CalledProcessError where signing or Apple refuses."""
    import dmgbuild  # only there on macOS

    made = out / f"baton-{version}-macos-{platform.machine()}.dmg"
    dmgbuild.build_dmg(str(made), f"Baton {version}", settings=layout(app, icon))
    for command in sealing(made, os.environ):
        subprocess.run(command, check=True)
    return made


def layout(app: Path, icon: Path) -> dict[str, Any]:
    """How the image looks once it is open: drag the left one onto the right one."""
    return {
        "format": "ULFO",
        "files": [str(app)],
        "symlinks": {"Applications": "/Applications"},
        "icon": str(icon),
        "icon_size": 96,
        "window_rect": ((200, 200), (560, 320)),
        "icon_locations": {app.name: (150, 140), "Applications": (410, 140)},
        "default_view": "icon-view",
        "show_toolbar": False,
        "show_sidebar": False,
    }


def sealing(image: Path, environment: Mapping[str, str]) -> list[list[str]]:
    """The commands that sign the image, have Apple look at it and put Apple's answer into it; none without a name."""
    commands: list[list[str]] = []
    if identity := environment.get("BATON_SIGNING_IDENTITY"):
        commands.append(["codesign", "--force", "--timestamp", "--sign", identity, str(image)])
        if profile := environment.get("BATON_NOTARY_PROFILE"):
            submit = ["xcrun", "notarytool", "submit", str(image), "--keychain-profile", profile, "--wait"]
            commands += [submit, ["xcrun", "stapler", "staple", str(image)]]
    return commands
