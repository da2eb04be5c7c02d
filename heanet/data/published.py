"""Import the published HEA-DFT files, or any folder of the same layout.

The layout is that of X. Wang et al., npj Comput. Mater. 8 (2022), doi 10.1038/s41524-022-00945-x:
``labels/Database.xlsx`` holds every row, the other tables are partitions of it, and each row has
a POSCAR of its name in ``structures/``. A download of the source repository, where the folders
have other names and more files, can be imported too.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from heanet.data.audit import audit
from heanet.data.home import data_home
from heanet.data.labelfiles import (
    FORMAT,
    STRUCTURES,
    is_labelled_set,
    new_set_folder,
    only_cell,
    read_record,
    sha256,
    write_set,
)
from heanet.data.manifest import hea_dft
from heanet.data.publishedtables import read_published_table
from heanet.data.structures import read_structures
from heanet.errors import DataError, did_you_mean

LABELS = "labels"
DATABASE = f"{LABELS}/Database.xlsx"


def is_published_layout(folder: Path) -> bool:
    """Whether the folder can be imported: published layout, or a download of the repository."""
    return _has_layout(folder) or _repository_root(folder) is not None


def import_published(
    folder: str | Path,
    *,
    home: str | Path | None = None,
    name: str | None = None,
    origin: str | None = None,
    progress: bool = True,
) -> Path:
    """Import a folder in the published layout into HEANET_HOME.

    Files that were imported before are not imported again.

    Args:
        folder: The folder with labels/ and structures/, or a download of the source repository.
        home: Where imported sets live; default HEANET_HOME.
        name: Name of the set; default "hea-dft" if the files are the published ones, else the
            folder's name.
        origin: Where the files come from; default the folder.
        progress: Show a progress bar where there is a terminal.

    Returns:
        The folder of the imported set.

    Raises:
        DataError: The folder is not in the published layout, a table cannot be used (naming
            file, row and column), or another set of that name is there already.
        StructureError: A cell cannot be read.
    """
    folder = Path(folder)
    files = _published_files(folder)
    contents = {file: sha256(path.read_bytes()) for file, path in files.items()}
    source = _describe_source(folder, contents, name, origin)
    target = data_home(home) / source["name"]
    if is_imported(target, contents):
        return target
    table, partitions = _read_tables(files)
    structures = _structures_of(table, files)
    hidden = None if progress else True
    names = tqdm(table.index, desc=f"Importing {source['name']}", disable=hidden)
    cells = {cell: only_cell(read_structures(structures[cell]), structures[cell]) for cell in names}
    corrections = audit(table, cells)
    with new_set_folder(target) as scratch:
        write_set(
            scratch,
            table=table,
            corrections=corrections,
            structures=structures,
            partitions=partitions,
            source=source,
        )
    return target


def is_imported(target: Path, contents: Mapping[str, str]) -> bool:
    """Whether the set ``target`` was made from exactly these files (SHA-256 by file).

    A set that an older version of the format made from them counts as not imported.

    Raises:
        DataError: Another set has that name.
    """
    if not is_labelled_set(target):
        return False
    record = read_record(target)
    if record.get("imported_sha256") == _digest(contents):
        return bool(record.get("format") == FORMAT)
    raise DataError(
        f"Another labelled set '{target.name}' lies in '{target.parent}'",
        fix="Import under another name, or delete that folder first",
    )


def _digest(contents: Mapping[str, str]) -> str:
    return sha256(repr(sorted(contents.items())).encode())


def _has_layout(folder: Path) -> bool:
    return (folder / DATABASE).is_file() and (folder / STRUCTURES).is_dir()


def _repository_root(folder: Path) -> Path | None:
    """What the manifest's paths are relative to, if the folder is the repository or its data."""
    database = next(file.path for file in hea_dft().files if file.file == DATABASE)
    roots = (folder, folder.resolve().parent)
    return next((root for root in roots if (root / database).is_file()), None)


def _published_files(folder: Path) -> dict[str, Path]:
    """Tables and structure files by their path in the published layout, sorted."""
    if _has_layout(folder):
        paths = [*(folder / LABELS).glob("*.xlsx"), *(folder / STRUCTURES).iterdir()]
        # Hidden files and open spreadsheets (~$...) are leftovers of file managers and editors.
        kept = (path for path in paths if path.is_file() and not path.name.startswith((".", "~")))
        return {path.relative_to(folder).as_posix(): path for path in sorted(kept)}
    root = _repository_root(folder)
    if root is None:
        raise DataError(
            f"'{folder}' is not a folder of published labels",
            expected=f"a folder with {DATABASE} and {STRUCTURES}/",
            fix="Give the folder that holds both, or fetch the published set with "
            "`heanet data fetch hea-dft`",
        )
    files = {file.file: root / file.path for file in hea_dft().files}
    for file in hea_dft().files:
        path = files[file.file]
        if not path.is_file() or sha256(path.read_bytes()) != file.sha256:
            raise DataError(
                f"'{path}' is missing or not as published",
                expected=f"the file of commit {hea_dft().source['commit']}",
                fix="Download the repository again, as it is",
            )
    return files


def _describe_source(
    folder: Path, contents: Mapping[str, str], name: str | None, origin: str | None
) -> dict[str, str]:
    """Name, title and origin; licence and citation are claimed for the published files alone."""
    imported = {
        "imported_from": origin or str(folder.resolve()),
        "imported_sha256": _digest(contents),
    }
    if hea_dft().matches(contents):
        published = dict(hea_dft().source)
        return {**published, "name": name or published["name"], **imported}
    own = name or re.sub(r"[^\w.-]+", "-", folder.resolve().name).strip("-.") or "labels"
    return {"name": own, "title": f"Labels imported from {folder.resolve().name}", **imported}


def _read_tables(files: Mapping[str, Path]) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """The whole table and the names of each partition, all tables agreeing with the whole."""
    whole = read_published_table(files[DATABASE])
    partitions = {}
    for path in (files[file] for file in files if file.startswith(LABELS)):
        part = read_published_table(path)
        _check_partition(path, part, whole)
        partitions[path.stem] = tuple(part.index)
    return whole, partitions


def _check_partition(path: Path, part: pd.DataFrame, whole: pd.DataFrame) -> None:
    unknown = [name for name in part.index if name not in whole.index]
    if unknown:
        raise DataError(
            f"'{path}' has a row '{unknown[0]}' that Database.xlsx has not",
            fix=did_you_mean(unknown[0], whole.index),
        )
    there = whole.loc[part.index]
    same = (part == there) | (part.isna() & there.isna())
    if not same.all(axis=None):
        row, column = np.argwhere(~same.to_numpy())[0]
        raise DataError(
            f"'{path}' and Database.xlsx differ in '{part.columns[column]}' of '{part.index[row]}'",
            expected="the same label in every table",
        )


def _structures_of(table: pd.DataFrame, files: Mapping[str, Path]) -> dict[str, Path]:
    """The structure files by name; those without a label are kept with the others."""
    structures = {path.name: path for file, path in files.items() if file.startswith(STRUCTURES)}
    missing = [cell for cell in table.index if cell not in structures]
    if missing:
        raise DataError(
            f"No structure for {len(missing)} labelled cells: {', '.join(missing[:3])}",
            expected=f"a file of that name in {STRUCTURES}/",
        )
    return structures
