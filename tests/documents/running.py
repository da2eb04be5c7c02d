"""Run the code of a document as its reader would: in order, in one folder, with one home."""

import contextlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from heanet.cli import main
from tests.documents.fences import ROOT, Fence, heanet_arguments

# What a reader may change.
_SOURCE = {"heanet", "pages", "app.py", "tests", "docs", "pyproject.toml"}
# What the shell has to do itself.
_SHELL = re.compile(r"[|<>*?$;&]")
_NUMBER = re.compile(r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_EXPORT = re.compile(r"export (?P<name>\w+)=(?P<value>\S+)")
# Of a number with decimals: other machines round and add up in another order.
_RELATIVE = 0.03


class Reader:
    """Somebody who follows a document from its first command to its last.

    What was started in the background ends with the reader.

    Args:
        folder: Where the project seems to lie: its files are there, as links.
        patch: Undoes what the document exports.
        own: Whether the reader changes the project: the source is there as a copy, and every
            command starts Python anew.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, *, own: bool = False) -> None:
        self.patch = patch
        self.own = folder if own else None
        self.names: dict[str, object] = {"__name__": "document"}
        self.started: list[subprocess.Popen[str]] = []
        for path in ROOT.iterdir():
            if own and path.name in _SOURCE:
                _copy(path, folder / path.name)
            elif not path.name.startswith((".", "runs")):
                (folder / path.name).symlink_to(path)
        scripts = folder / ".venv" / "bin"
        scripts.mkdir(parents=True)
        for name in ("python", "dask"):
            # A link to Python would not find the packages beside it.
            script = scripts / name
            script.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).with_name(name)}" "$@"\n')
            script.chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in reversed(self.started):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)

    def follow(self, fence: Fence) -> None:
        """Run a block and compare what it prints with what the document says.

        Raises:
            AssertionError: A command ends otherwise than it should, or prints something else.
        """
        if fence.file:
            assert self.own is not None, f"{fence.document} changes {fence.file}"
            change(self.own / fence.file, fence)
            return
        printed = self.printed(fence)
        if fence.output is not None:
            where = f"{fence.document}, line {fence.line}"
            assert alike(fence.output, printed), f"{where}: said\n{fence.output}\nfound\n{printed}"

    def printed(self, fence: Fence) -> str:
        """What a block prints.

        Raises:
            AssertionError: A command ends otherwise than it should.
        """
        return self._python(fence) if fence.language == "python" else self._bash(fence)

    def _python(self, fence: Fence) -> str:
        # Tracebacks show the line of the document.
        code = compile("\n" * (fence.line - 1) + fence.text, fence.document, "exec")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self.names)  # noqa: S102
        return printed.getvalue()

    def _bash(self, fence: Fence) -> str:
        printed, codes = "", []
        for command in fence.commands():
            code, text = self._run(command)
            printed += text
            codes.append(code)
            expected = fence.tag == "fails" and command == fence.commands()[-1]
            assert (code != 0) == expected, f"{fence.document}: {command}\nexit {code}\n{text}"
        return printed

    def _run(self, command: str) -> tuple[int, str]:
        """Exit code and what was printed, errors among it."""
        if export := _EXPORT.fullmatch(command):
            self.patch.setenv(export["name"], export["value"])
            return 0, ""
        if command.endswith("&"):
            self._start(command.removesuffix("&"))
            return 0, ""
        arguments = heanet_arguments(command)
        unquoted = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", command)
        # A connection to a scheduler would outlive the document in this process.
        anew = self.own is not None or "HEANET_SCHEDULER" in os.environ
        if arguments is None or anew or _SHELL.search(unquoted):
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            return done.returncode, done.stdout
        # In this process: importing torch anew would take most of the time.
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = main(arguments)
        return code, printed.getvalue()

    def _environment(self) -> dict[str, str]:
        ours = {"PYTHONPATH": str(self.own or ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**os.environ, **ours, "PYTHONWARNINGS": ""}

    def _start(self, command: str) -> None:
        """Start a server in the background, and wait until its port answers."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        port = re.search(r"--port (\d+)", command)
        until = time.monotonic() + 120
        while port and not _answers(int(port[1])):
            assert process.poll() is None, f"ended: {command}"
            assert time.monotonic() < until, f"no answer: {command}"
            time.sleep(0.2)


def change(file: Path, fence: Fence) -> None:
    """Do to a file what a block says: make it, or put some lines in the place of others.

    Raises:
        AssertionError: The lines are not there, or more than once; the file is there already.
    """
    where = f"{fence.document}, line {fence.line}"
    if fence.language != "diff":
        assert not file.exists(), f"{where}: {fence.file} is there"
        file.write_text(fence.text, encoding="utf-8")
        return
    lines = [(line[:1], line[1:]) for line in fence.text.splitlines(keepends=True)]
    old = "".join(line for sign, line in lines if sign in " -")
    new = "".join(line for sign, line in lines if sign in " +")
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{where}: {text.count(old)} times in {fence.file}:\n{old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    else:
        shutil.copyfile(source, target)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alike(said: str, printed: str) -> bool:
    """Whether a document says what was printed, as far as rounding goes.

    ``...`` alone in a line stands for any lines, within a line for anything in it. Spaces between
    words do not count. Whole numbers must be the same; others may differ by two in the last digit,
    or by a few per cent.
    """
    pattern, numbers = "", []
    for line in said.strip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
            continue
        words = line.split()
        pattern += r"[ ]*" + r"[ ]+".join(_word(word, numbers) for word in words) + r"[ ]*\n"
    found = re.fullmatch(pattern, printed.strip() + "\n")
    return found is not None and all(map(_close, numbers, found.groups()))


def _word(word: str, numbers: list[str]) -> str:
    """A pattern for a word; its numbers are noted, and become groups."""
    pattern, end = "", 0
    for match in _NUMBER.finditer(word):
        pattern += _text(word[end : match.start()]) + f"({_NUMBER.pattern})"
        numbers.append(match.group())
        end = match.end()
    return pattern + _text(word[end:])


def _text(text: str) -> str:
    return ".*?".join(re.escape(part) for part in text.split("..."))


def _close(said: str, printed: str) -> bool:
    if not re.search(r"[.e]", said):
        return said == printed
    digits = len(said.partition(".")[2])
    one, other = (float(text.replace(",", "")) for text in (said, printed))
    return abs(one - other) <= max(2.01 * 10**-digits, _RELATIVE * abs(one))
