"""The archive for Linux: the program's folder, and a script that makes it part of one person's desktop."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from linux.menu_entry import put_menu_entry

INSTALLER = Path("packaging/linux/install.sh")


def make_archive(folder: Path, icons: Path, out: Path, made_at: str) -> Path:
    """Gives the archive's path; `made_at` in seconds is when everything in it was made.

    The same folder gives the same archive. Raises subprocess.CalledProcessError.
    """
    add_installer(folder, icons)
    made = out / f"baton-linux-{os.uname().machine}.tar.xz"
    same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", f"--mtime=@{made_at}"]
    # Python's own packer works on one core only.
    packed = ["--use-compress-program=xz -T0 -3", f"--file={made}"]
    command = ["tar", "--create", *same, *packed, f"--directory={folder.parent}", folder.name]
    subprocess.run(command, check=True)
    return made


def add_installer(folder: Path, icons: Path) -> None:
    """Puts the script and what it needs beside the program."""
    shutil.rmtree(folder / "share", ignore_errors=True)
    put_menu_entry(folder / "share", icons)
    shutil.copyfile(INSTALLER, folder / "install")
    (folder / "install").chmod(0o755)
