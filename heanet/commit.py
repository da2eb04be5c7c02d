"""Which state of the code a number comes from."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIGITS = 7


@cache
def code_commit() -> str:
    """The commit of the checkout that is running, shortened; "" where there is none.

    A plus sign behind it says that the package had changes that were not committed.
    """
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return ""

    def ask(*arguments: str) -> str:
        command = [git, "-C", str(ROOT), *arguments]
        found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return found.stdout.strip()

    commit = ask("rev-parse", f"--short={DIGITS}", "HEAD")
    return f"{commit}+" if commit and ask("status", "--porcelain", "--", "heanet") else commit
