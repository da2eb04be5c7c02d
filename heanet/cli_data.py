"""The part of the command ``data`` that reads a user's own set from a zip and a table."""

import sys
from pathlib import Path


def import_zip(structures: Path, table: Path, *, name: str, method: str) -> Path:
    """Keep a user's own set; what was left out or understood is said on stderr.

    Args:
        structures: A zip of structure files.
        table: A table of labels; the headings say what a column holds.
        name: Of the set; empty: that of the zip.
        method: What the labels were computed with.

    Returns:
        The folder of the set.

    Raises:
        DataError: A file cannot be used, or something must be put right first.
    """
    from heanet.data.keptsets import import_upload

    folder, own = import_upload(structures, table, name=name, method=method)
    for field, column in own.origin["read_from"].items():
        unit = f" in {column['unit']}" if "unit" in column else ""
        print(f"heanet: {field} from column '{column['column']}'{unit}", file=sys.stderr)
    for text in (*own.notes, *(problem.message for problem in own.problems)):
        print(f"heanet: {text}", file=sys.stderr)
    return folder
