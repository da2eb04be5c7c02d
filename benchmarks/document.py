"""docs/performance.md, made from the results alone."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.catalogue import BENCHMARKS
from benchmarks.plots import draw
from benchmarks.results import FOLDER, Line, Result, load
from heanet.commit import ROOT
from heanet.data.home import write_whole

DOCUMENT = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "performance"
_START = """# Performance

How long HEANet takes beside other ways of doing the same work. Both ways are timed in strict
alternation on one machine and the ratio is taken within each pair; the times themselves belong to
the machine, the ratios mostly do not. `python -m heanet benchmark` measures everything again and
writes this page; `python -m heanet benchmark --check` compares with what is kept
([benchmarks/README.md](../benchmarks/README.md)).
"""


def write_document(
    folder: Path = FOLDER, document: Path = DOCUMENT, pictures: Path = PICTURES
) -> None:
    """Write the page and its pictures from the results of a folder."""
    results = [result for name in BENCHMARKS if (result := load(name, folder))]
    if not results:
        return
    pictures.mkdir(parents=True, exist_ok=True)
    for result in results:
        draw(result.found.curve, result.title, pictures / f"{result.name}.svg")
    write_whole(document, report(results))


def report(results: list[Result]) -> str:
    """The page's text."""
    parts = [_START, "\n".join(_summary(results)), ""]
    for result in results:
        parts += [*_section(result), ""]
    return "\n".join(parts).rstrip() + "\n"


def _summary(results: list[Result]) -> Iterator[str]:
    yield "| benchmark | what | median | goal | reached |"
    yield "|---|---|---|---|---|"
    for result in results:
        for line in result.found.lines:
            yield (
                f"| [{result.title}](#{_anchor(result.title)}) | {line.what} | "
                f"{_with_unit(line.median, line)} | {_goal(line) or '-'} | "
                f"{_verdict(line)} |"
            )


def _section(result: Result) -> Iterator[str]:
    found = result.found
    yield f"## {result.title}"
    for key, about in (("Sizes", found.sizes), ("Machine", result.about)):
        words = "; ".join(f"{name} {_number(value)}" for name, value in about.items())
        yield f"{key}: {words}.\n"
    yield from (f"- {_line(line)}" for line in found.lines)
    if found.agreement:
        words = ", ".join(f"{name} {value:.1e}" for name, value in found.agreement.items())
        yield f"- Both ways give the same; largest relative difference: {words}"
    yield from (f"- {note}" for note in found.notes)
    yield f"\n![{found.curve.cost} against {found.curve.size}](performance/{result.name}.svg)"
    if found.profile and not all(line.reached for line in found.lines):
        yield "\nA goal was missed. Where the time of HEANet's way goes:\n"
        yield "| function | share of the time |\n|---|---|"
        yield from (f"| `{part.name}` | {part.share:.0%} |" for part in found.profile)


def _line(line: Line) -> str:
    against = f"{line.ours} against {line.theirs}" if line.theirs else line.ours
    spread = f"{_number(min(line.values))} to {_number(max(line.values))}"
    told = [f"smallest and largest of {len(line.values)}: {spread}"] if len(line.values) > 1 else []
    told += [f"goal: {_goal(line)}"] if line.goal is not None else []
    text = f"**{line.what}**: {against}: **{_with_unit(line.median, line)}**"
    text += f" ({'; '.join(told)})" if told else ""
    if line.our_cost and line.their_cost:
        text += (
            f"; {_median(line.our_cost)} {line.cost} against {_median(line.their_cost)} {line.cost}"
        )
    return text


def _goal(line: Line) -> str:
    return "" if line.goal is None else f"{line.better} {_with_unit(line.goal, line)}"


def _verdict(line: Line) -> str:
    if line.goal is None:
        return "-"
    return "yes" if line.reached else "**no**"


def _with_unit(value: float, line: Line) -> str:
    return f"{_number(value)} {line.unit}".rstrip()


def _median(values: tuple[float, ...]) -> str:
    return _number(sorted(values)[len(values) // 2])


def _number(value: float | str) -> str:
    """Three digits, without an exponent where a reader would stumble over it."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")
