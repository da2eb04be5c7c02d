"""What a timing depends on besides the code: processor, cores, load, versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from heanet.commit import code_commit

_PACKAGES = ("torch", "torch-geometric", "numpy", "pymatgen", "vesin", "distributed", "chgnet")


def about_machine() -> dict[str, str]:
    """The machine and what runs on it, by name."""
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load average (1, 5, 15 minutes)": load,
        "Python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
        "commit": code_commit(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "not installed"
