"""Tables of results as CSV files: words stay words, and what is missing says what to do."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from heanet.comparison.checks import REMAKE, check_columns
from heanet.data.home import write_whole
from heanet.errors import DataError


def read_csv(
    path: Path, columns: Sequence[str], *, text: Sequence[str], remake: str = REMAKE
) -> pd.DataFrame:
    """A CSV table with exactly these columns.

    Args:
        path: The file.
        columns: That it must have.
        text: Those that stay text; in the others an empty field is NaN.
        remake: What to do about a damaged or missing table.

    Raises:
        DataError: The table is missing or damaged, or has other columns.
    """
    numeric = {column: [""] for column in columns if column not in text}
    try:
        table = pd.read_csv(
            path, dtype=dict.fromkeys(text, str), keep_default_na=False, na_values=numeric
        )
    except FileNotFoundError as error:
        raise missing_table(path, remake=remake) from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{path.name}' cannot be read: {error}", expected="a table as CSV", fix=remake
        ) from error
    check_columns(table, columns, path.name)
    return table


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as a CSV file, in a folder that exists; its index is left out."""
    write_whole(path, table.to_csv(index=False, lineterminator="\n"))


def missing_table(path: Path, *, remake: str = REMAKE) -> DataError:
    """The error of a table that is not there."""
    return DataError(
        f"There is no '{path.name}' in '{path.parent}'",
        expected="the results that come with the project",
        fix=remake,
    )
