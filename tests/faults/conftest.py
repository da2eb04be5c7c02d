"""Disks of a few hundred kilobytes, and folders that nobody can write to."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Puts a disk of its own over a folder: ``disk(folder, size="300k")``, or read-only."""
    mounted: list[Path] = []

    def mount(folder: Path, *, size: str = "8m", read_only: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        kept = tmp_path / f"kept-{len(mounted)}"
        shutil.copytree(folder, kept)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
            pytest.skip("a disk can only be mounted by root")
        mounted.append(folder)
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        if read_only:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)
