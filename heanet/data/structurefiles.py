"""The structure files that are meant: named one by one, as a folder, or by a pattern."""

import glob
import re
from collections.abc import Iterable
from pathlib import Path

# Names without an extension are POSCARs as often as not; Fe0.5Ni0.5_fcc has none either.
_EXTENSION = re.compile(r"\.[a-z]\w*$", re.IGNORECASE)
_STRUCTURES = re.compile(
    r"\.(vasp|poscar|contcar|cif|mcif|xyz|extxyz|json|mson)(\.gz)?$", re.IGNORECASE
)
# What stands beside a POSCAR where VASP ran, and is none itself.
_OF_VASP = {"INCAR", "KPOINTS", "POTCAR", "OUTCAR", "OSZICAR", "CHG", "CHGCAR", "WAVECAR", "DOSCAR",
            "EIGENVAL", "IBZKPT", "PROCAR", "XDATCAR", "PCDAT", "REPORT", "LOCPOT"}  # fmt: skip


def find_structure_files(given: Iterable[Path]) -> list[Path]:
    """The files that paths, folders and patterns mean, in this order; sorted inside each.

    Of a folder those are taken that look like structure files by their name (a JSON: that mention
    sites), hidden files and folders inside it are not. A pattern takes every file that fits;
    ``**`` goes into folders. What means no file stays as it is: reading it says why.

    Args:
        given: Files, folders, and patterns such as ``cells/*.vasp``.
    """
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if _is_structure(file))
        elif not path.exists() and glob.has_magic(str(path)):
            fitting = map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207
            inside = sorted(file for file in fitting if file.is_file())
        else:
            inside = []
        found += inside or [path]
    return found


def _is_structure(file: Path) -> bool:
    """Whether a file of a folder is meant when the folder is named."""
    name = file.name
    if name.startswith(".") or name in _OF_VASP or not file.is_file():
        return False
    if name.casefold().endswith(".json"):
        try:
            return b'"sites"' in file.read_bytes()
        except OSError:
            return True  # reading it again says why it cannot be
    return not _EXTENSION.search(name) or bool(_STRUCTURES.search(name))
