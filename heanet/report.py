"""Predictions and errors as tables, JSON and CSV: one form for command line and downloads."""

import csv
import io
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from heanet.config import Output
from heanet.properties import TASKS
from heanet.training.checkpoints import Metric, ModelCard

# Columns of a prediction before those of its tasks; JSON keeps to the keys that were promised.
_BESIDE = ("cell", "model")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CELL_COLUMNS = ("file", "formula", "n_atoms", "lattice", "lattice_source", *_BESIDE)


def prediction_report(rows: Sequence[dict[str, Any]], output: Output) -> str:
    """Predictions as text.

    Args:
        rows: ``{"file", "formula", ..., "predictions"}`` or ``{"file", "error"}``.
        output: "table" for people, "json" for programs, "csv" for spreadsheets.
    """
    given = {task for row in rows for task in row.get("predictions", {})}
    text = "".join(prediction_pieces(rows, output, [task for task in TASKS if task in given]))
    return text if output == "csv" else text.removesuffix("\n")


def prediction_pieces(
    rows: Iterable[dict[str, Any]], output: Output, tasks: Iterable[str]
) -> Iterator[str]:
    """The same text in pieces of whole lines, which come as the rows do.

    Of a JSON list the last row waits for the next one, to know whether a comma follows.

    Args:
        rows: As of ``prediction_report``; taken one by one.
        output: As of ``prediction_report``.
        tasks: Tasks that the rows may have: the columns must be known before the rows are.
    """
    if output == "csv":
        return _csv_pieces(rows, tasks)
    return _json_pieces(rows) if output == "json" else _table_pieces(rows)


def _json_pieces(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A list row by row, as ``json.dumps`` with an indent of one writes all of it."""
    text = ""
    for row in rows:
        yield f"{text},\n" if text else "[\n"
        promised = {key: value for key, value in row.items() if key not in _BESIDE}
        text = textwrap.indent(json.dumps(promised, indent=1, ensure_ascii=False), " ")
    yield f"{text}\n]\n" if text else "[]\n"


def _table_pieces(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield ("\n" if number else "") + _block(row) + "\n"


def _csv_pieces(rows: Iterable[dict[str, Any]], tasks: Iterable[str]) -> Iterator[str]:
    values = [name for task in tasks for name in (f"{task} ({TASKS[task].unit})", f"{task} std")]
    text = io.StringIO()
    columns = [*_CELL_COLUMNS, *values, "warnings", "error"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: formula_free(value) for key, value in _flat(row).items()})
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()  # the heading alone, where there was no row


def metrics_report(metrics: Sequence[Metric], output: Output) -> str:
    """Errors as text; every line names its rows, n, unit and the commit of its model's code."""
    lines = [metric.model_dump() for metric in metrics]
    if output == "json":
        return json.dumps(lines, indent=1, ensure_ascii=False)
    if output == "csv":
        return _csv(lines)
    table = [["task", "n", "MAE", "RMSE", "R2", "unit", "commit", "rows"]]
    for metric in metrics:
        r2 = "-" if metric.r2 is None else f"{metric.r2:.3f}"
        numbers = [str(metric.n), f"{metric.mae:.5f}", f"{metric.rmse:.5f}", r2]
        table.append([metric.task, *numbers, metric.unit, metric.commit or "-", metric.rows])
    return "\n".join(_aligned(table))


def leaderboard_report(board: pd.DataFrame, output: Output, *, which: str, data: str) -> str:
    """A leaderboard as text, the best model of each task first.

    Args:
        board: From ``heanet.comparison.results.leaderboard``.
        output: "table" for people, "json" for programs, "csv" for spreadsheets.
        which: Split and row set.
        data: The labelled set that the errors are on.
    """
    ranked = board.sort_values(["task", "mae"], key=_task_order).assign(rows=which, data=data)
    if output != "table":
        lines = json.loads(ranked.to_json(orient="records"))
        return json.dumps(lines, indent=1, ensure_ascii=False) if output == "json" else _csv(lines)
    if not len(board):
        return f"No errors on {which} of {data}"
    table = [[*_BOARD_HEADS, "unit", "labels", "commit"]]
    for row in ranked.to_dict("records"):
        spread = "-" if pd.isna(row["mae_spread"]) else f"{row['mae_spread']:.5f}"
        r2 = "-" if pd.isna(row["r2"]) else f"{row['r2']:.3f}"
        names = [row["task"], row["model"], row["group"], str(row["n"]), f"{row['mae']:.5f}"]
        said = [row["unit"], row["labels"], row["commit"] or "-"]
        table.append([*names, spread, str(row["seeds"]), r2, *said])
    told = f"{board['shared'].max()} of {board['compositions'].max()} compositions"
    return "\n".join([data, f"{which}: {told} also trained on", *_aligned(table)])


_BOARD_HEADS = ("task", "model", "tasks together", "n", "MAE", "spread", "seeds", "R2")


def _task_order(column: pd.Series) -> pd.Series:
    """Tasks in their canonical order; numbers by value."""
    return column.map(list(TASKS).index) if column.name == "task" else column


def card_summary(card: ModelCard) -> str:
    """What a model is and how well it does, as Markdown; every number is the card's."""
    references = card.references[0]
    lines = [
        f"`{card.name}`: {len(card.seeds)} networks, trained on {card.n_rows['train']} cells of "
        f"{' '.join(references.elements)} ({card.data.title.split(':')[0]}, labels "
        f"{'corrected' if card.data.corrected else 'as given'}). {card.metrics[0].rows}:",
        "",
        "| task | property | n | MAE | RMSE | R2 | unit | in the 90 % interval |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for metric in card.metrics:
        task = TASKS[metric.task]
        cells = [
            metric.task,
            task.label["en"],
            str(metric.n),
            f"{metric.mae:.{task.decimals}f}",
            f"{metric.rmse:.{task.decimals}f}",
            "-" if metric.r2 is None else f"{metric.r2:.3f}",
            metric.unit,
            "-" if metric.coverage is None else f"{metric.coverage:.1%}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _flat(row: dict[str, Any]) -> dict[str, object]:
    """One CSV line of a prediction: a column each for value and std of every task."""
    flat = {key: value for key, value in row.items() if key not in {"predictions", "warnings"}}
    for task, found in row.get("predictions", {}).items():
        flat[f"{task} ({found['unit']})"] = found["value"]
        flat[f"{task} std"] = found["std"]
    flat["warnings"] = " ".join(row.get("warnings", []))
    return flat


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: formula_free(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def formula_free(value: object) -> object:
    """A text that a spreadsheet would run as a formula is marked as text; numbers stay."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    text = value.replace("\r", "\n")  # the csv module leaves a lone carriage return unquoted
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\n")) else text


def formula_free_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts, headings among them, no spreadsheet runs as formulas.

    For tables that are shown as well: the browser offers to save what it shows.
    """
    return table.map(formula_free).rename(columns=formula_free)


def formula_free_csv(text: str) -> str:
    """The same of a CSV file."""
    written = io.StringIO()
    rows = csv.reader(io.StringIO(text, newline=""))
    csv.writer(written, lineterminator="\n").writerows(map(formula_free, row) for row in rows)
    return written.getvalue()


def _block(row: dict[str, Any]) -> str:
    """One prediction for people."""
    if "error" in row:
        return f"{row['file']}\n  not predicted: {row['error']}"
    head = f"{row['file']}: {row['formula']}, {row['n_atoms']} atoms, "
    head += f"parent lattice {row['lattice']} ({row['lattice_source']})"
    kind = "as built" if row["cell"] == "built" else "relaxed"
    head += f", {kind}, model {row['model']}"
    table = []
    for task, found in row["predictions"].items():
        digits = TASKS[task].decimals
        error = "" if found["std"] is None else f"+- {found['std']:.{digits}f}"
        value = f"{found['value']:.{digits}f}"
        table.append(["", task, value, error, found["unit"], TASKS[task].label["en"]])
    return "\n".join([head, *_aligned(table), *(f"  warning: {w}" for w in row["warnings"])])


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """One line per row, the columns under each other; no line for a table without rows."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in table)
    return [line.rstrip() for line in lines]
