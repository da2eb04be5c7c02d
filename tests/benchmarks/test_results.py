"""Results: what they say, how they are kept, compared and written down."""

import re
from pathlib import Path

import pytest

from benchmarks import run
from benchmarks.catalogue import BENCHMARKS
from benchmarks.document import DOCUMENT, report, write_document
from benchmarks.plots import draw
from benchmarks.results import FOLDER, Curve, Found, Line, Part, Result, load, save
from benchmarks.timing import Pairs, Side, alternate, in_child, peak_memory, reset_peak, seconds
from heanet.cli import main
from heanet.commit import ROOT
from heanet.errors import ConfigError, DataError

CURVE = Curve(
    size="rows", cost="seconds", sizes=(1, 10), ours=(0.1, 0.2), theirs=(1.0, None), their_name="b"
)


def line(*values: float, goal: float | None = 100.0, better: str = "at least") -> Line:
    return Line(what="an epoch", ours="a", theirs="b", goal=goal, better=better, values=values)


def result(*lines: Line, commit: str = "abc1234") -> Result:
    found = Found(
        sizes={"rows": 327},
        lines=lines,
        curve=CURVE,
        profile=(Part(name="aten::mm", share=0.4),),
        agreement={"loss": 1e-7},
    )
    about = {"cores": "2", "commit": commit}
    return Result(name="epoch", title="One epoch", quick=False, found=found, about=about, seconds=1)


@pytest.mark.parametrize(
    ("one", "reached"),
    [
        (line(90, 150, 120), True),
        (line(90, 80, 120), False),
        (line(2.5, 1.9, 1.8, goal=2, better="at most"), True),
        (line(2.5, 2.1, 1.8, goal=2, better="at most"), False),
        (line(0.1, goal=None), True),
    ],
)
def test_the_median_decides(one: Line, reached: bool) -> None:
    assert one.reached is reached


def test_worse_means_worse_by_more_than_the_tolerance() -> None:
    kept, most = line(100.0), line(10.0, better="at most")
    assert line(69.0).worse_than(kept, tolerance=0.3)
    assert not line(71.0).worse_than(kept, tolerance=0.3)
    assert line(13.1, better="at most").worse_than(most, tolerance=0.3)
    assert not line(12.9, better="at most").worse_than(most, tolerance=0.3)


def test_verdicts_name_both_medians() -> None:
    found = run.compared(result(line(100.0)), result(line(50.0)), tolerance=0.3)
    assert [verdict for _, verdict in found] == ["WORSE (50 x, kept 100, tolerance 30%)"]
    found = run.compared(result(line(100.0)), result(line(300.0)), tolerance=0.3)
    assert found[0][1].startswith("as before")


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    one = result(line(123.456789, 120.0))
    save(one, tmp_path)
    found = load("epoch", tmp_path)
    assert found is not None
    assert found.found.lines[0].values == (123.46, 120.0)
    assert found.about == one.about
    assert load("rows", tmp_path) is None


def test_the_page_shows_a_missed_goal_with_its_profile(tmp_path: Path) -> None:
    missed, met = report([result(line(50.0))]), report([result(line(150.0))])
    assert "| [One epoch](#one-epoch) | an epoch | 50 x | at least 100 x | **no** |" in missed
    assert "| `aten::mm` | 40% |" in missed
    assert "yes" in met
    assert "aten::mm" not in met
    save(result(line(50.0)), tmp_path)
    write_document(tmp_path, tmp_path / "page.md", tmp_path)
    assert (tmp_path / "page.md").read_text() == missed
    assert "<svg" in (tmp_path / "epoch.svg").read_text()


def test_a_picture_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "other"):
        draw(CURVE, "An epoch", tmp_path / f"{name}.svg")
    one, other = ((tmp_path / f"{name}.svg").read_bytes() for name in ("one", "other"))
    assert one == other


def test_the_page_that_is_there_is_made_from_the_results_that_are_there() -> None:
    results = [found for name in BENCHMARKS if (found := load(name, FOLDER))]
    if not results:
        pytest.skip("no full-size results are kept")
    assert DOCUMENT.read_text(encoding="utf-8") == report(results)
    for one in results:
        assert (DOCUMENT.parent / "performance" / f"{one.name}.svg").is_file()


def test_a_finished_benchmark_of_this_commit_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(result(line(1.0)), tmp_path)
    for commit, done in (("abc1234", True), ("abc1234+", False), ("def5678", False), ("", False)):
        monkeypatch.setattr(run, "code_commit", lambda commit=commit: commit)
        assert run._is_done("epoch", tmp_path) is done


def test_alternation_takes_ratios_within_pairs() -> None:
    calls: list[str] = []
    found = alternate(
        Side(lambda: calls.append("a"), times=2), Side(lambda: calls.append("b")), repeats=3
    )
    assert "".join(calls) == "ab" + "aab" * 3
    assert len(found.ratios) == 3
    assert Pairs((1.0, 2.0), (10.0, 30.0)).ratios == (10.0, 15.0)
    assert seconds(Side(lambda: sum(range(200_000)))) > 0


def test_memory_of_a_child_is_what_it_takes_on_top() -> None:
    def rise() -> float:
        before = reset_peak()
        held = bytearray(80_000_000)
        held[::4096] = b"x" * len(held[::4096])
        del held
        return peak_memory() - before

    assert in_child(rise) == pytest.approx(80e6, rel=0.1)
    with pytest.raises(RuntimeError, match="ended with 1"):
        in_child(lambda: float(exit(1) or 0))  # type: ignore[func-returns-value]


def test_every_benchmark_is_in_the_table_of_the_readme() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\w+) \| ", readme, flags=re.MULTILINE)[1:] == list(BENCHMARKS)
    for one in BENCHMARKS.values():
        assert (ROOT / "benchmarks" / f"{one.module}.py").is_file()


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["benchmark", "epochs", "--quick"]) == 2
    assert "Did you mean 'epoch'" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="no benchmark 'epochs'"):
        run.run_all(["epochs"], quick=True, fresh=False)


def test_nothing_kept_is_nothing_to_compare_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "folder_of", lambda *, quick: tmp_path)  # noqa: ARG005
    with pytest.raises(DataError, match="No result of epoch"):
        run.check_all(["epoch"], quick=True, tolerance=0.3)
