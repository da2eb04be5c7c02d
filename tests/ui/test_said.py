"""What the core says, recognised and translated."""

from collections.abc import Iterator

import pytest

from heanet.catalogue.expressions import literal, places
from heanet.catalogue.sources import core_texts
from heanet.data.structures import read_structures
from heanet.errors import DataError, HeanetError, StructureError
from heanet.ui import said as module
from heanet.ui.catalogues import catalogue
from heanet.ui.said import said

# What stands in places that take certain words only, and what it is in Chinese.
WORDS = {
    "rows": ("row 7", "第 7 行"),
    "row": ("7", "7"),
    "row_set": ("test", "测试"),
    "whose": ("compositions", "成分"),
    "k": ("3", "3"),
}


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "current", lambda: "zh")
    yield
    module._put_together.cache_clear()


def filled(text: str) -> dict[str, tuple[str, str]]:
    """Something for every place of a template, and its translation."""
    return {
        name: WORDS.get(name) or ((f"{40 + k}",) * 2 if _is_number(name) else (f"Xq{k}",) * 2)
        for k, name in enumerate(dict.fromkeys(places(text)))
    }


def _is_number(name: str) -> bool:
    return name == "n" or name.startswith("n_")


def test_every_text_of_the_core_is_recognised() -> None:
    """Those of punctuation alone are translated with what is filled in only."""
    texts = [it for it in core_texts() if " " in it and any(map(str.isalpha, literal(it)))]
    assert len(texts) > 700
    for text in texts:
        values = filled(text)
        expected = (
            catalogue("zh")
            .translations.gettext(text)
            .format(**{name: it[f"'{{{name}}}'" not in text] for name, it in values.items()})
        )
        assert said(text.format(**{name: it[0] for name, it in values.items()})) == expected, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a.csv' holds no table.", "“a.csv”中没有表格。"),
        # Sentences, one after the other.
        (
            "The run 'a' is running. Cancel it first, then delete it.",
            "运行“a”的状态为运行中。请先取消，再删除。",
        ),
        # A user's own names stay as they are, whatever they mean.
        ("There is a run 'test' already.", "已存在运行“test”。"),
        ("There is a model 'at least one' already", "已存在模型“at least one”"),
        # Words that are put together by commas.
        (
            "b2 test: 7 of 36 trained on, 2 chose the epoch, 12 of 14 compositions of the rest "
            "also trained or validated on, raw labels",
            "b2 测试样本：36 个中有 7 个用于训练、2 个用于选择轮次、14 种其余样本的成分中有 12 种"
            "也用于训练或验证、原始标签",
        ),
        (
            "Column 'E' holds text where a number belongs, in rows 3, 4 and 12 more: 'a', 'b'.",
            "列“E”中本应为数字处出现文字，位于第 3, 4 行以及另外 12 行：'a', 'b'。",
        ),
        # Values with their units.
        (
            "Built on bcc: ms 0.012 muB/atom, rmsd 0.10 Angstrom.",
            "若建于 bcc：ms 0.012 µB/atom, rmsd 0.10 Å。",
        ),
        # Of what is not ours only the rest is translated.
        (
            "No scheduler answers at tcp://x (HOST): it wants a certificate. See docs/cluster.md.",
            "tcp://x（HOST）没有调度器响应：it wants a certificate. 见 docs/cluster.md。",
        ),
        ("Something else went wrong; nobody knows: what.",) * 2,
        ("test",) * 2,
        ("",) * 2,
        ("a: {b} 'c' {",) * 2,
    ],
)
def test_texts_are_translated_as_far_as_they_are_known(text: str, expected: str) -> None:
    assert said(text) == expected


def test_an_error_is_said_with_what_was_expected_and_what_to_do() -> None:
    error = DataError(
        "'a.zip' holds 3 members",
        expected="at most 2",
        fix="Upload fewer cells.",
    )
    assert said(error) == "“a.zip”含 3 个成员。要求：至多 2。请上传较少的晶胞。"


def test_a_real_error_is_recognised() -> None:
    with pytest.raises(StructureError) as caught:
        read_structures(b"", name="empty.cif")
    assert said(caught.value).startswith("“empty.cif”是空文件。要求：POSCAR/CONTCAR、CIF")


def test_in_english_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "current", lambda: "en")
    error = HeanetError("No file was given", fix="See  `heanet --help`.")
    assert said(error) == str(error)


def test_long_texts_are_not_looked_into() -> None:
    text = "'a' is empty. " * 400
    assert said(text) == text
