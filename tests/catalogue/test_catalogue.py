"""The catalogues: complete, current, and written alike; docs/messages.md is made from them."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from heanet.catalogue.document import DOCUMENT, document
from heanet.catalogue.sources import core_texts, errors, page_texts
from heanet.catalogue.update import catalogue_path, faults, read_catalogue, updated
from heanet.ui.language import DEFAULT, LANGUAGES

OTHERS = [language for language in LANGUAGES if language != DEFAULT]
_CJK = "[\u4e00-\u9fff]"


def translations() -> Iterator[tuple[str, str]]:
    for message in read_catalogue("zh"):
        if message.id:
            string = message.string if isinstance(message.string, str) else message.string[0]
            yield str(message.id), string


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_source_is_translated(language: str) -> None:
    assert faults(read_catalogue(language)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_is_that_of_the_source(language: str) -> None:
    """Otherwise: `make messages`."""
    assert catalogue_path(language).read_text(encoding="utf-8") == updated(language)


def test_the_list_of_messages_is_current() -> None:
    """Otherwise: `make messages`."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize(
    ("string", "flags", "fault"),
    [
        ("“{name}”有 {n} 个", (), ""),
        ("", (), "not translated"),
        ("有 {n} 个", (), "other places in '有 {n} 个'"),
        ("“{name}”有 {number} 个", (), "other places in '“{name}”有 {number} 个'"),
        ("“{name}”有 {n} 个", ("fuzzy",), "marked as fuzzy"),
    ],
)
def test_a_translation_needs_the_places_of_its_text(
    string: str, flags: tuple[str, ...], fault: str
) -> None:
    catalogue = Catalog(locale="zh")
    catalogue["'{name}' has {n}"] = Message("'{name}' has {n}", string, flags=flags)
    assert faults(catalogue) == ([f"'{{name}}' has {{n}}: {fault}"] if fault else [])


def test_both_forms_of_a_plural_are_one_text() -> None:
    found = {text for text, _file in page_texts()}
    assert ("{n} cell", "{n} cells") in found
    assert "none of them" in found  # marked inside an f-string


def test_texts_of_the_core_are_found_where_they_are_said() -> None:
    found = core_texts()
    assert found["'{name}' is empty"] == {"heanet/data/structure_text.py"}  # said by an error
    assert (
        "heanet/data/domain.py" in found["{a} and {b} never occur together in the training cells."]
    )
    assert "Highest learning rate of AdamW; the schedule says how it changes." in found
    assert "All six properties together" in found
    assert not any("Raises:" in text for text in found)  # a docstring
    assert "Going on" not in found  # the log


def test_an_error_is_known_with_all_that_it_says() -> None:
    (found,) = [it for it in errors() if it.given == ("'{name}' holds {n_bytes} MB",)]
    assert (found.kind, found.path) == ("StructureError", "heanet/data/structure_text.py")
    assert found.expected == ("at most {max_bytes} MB",)
    assert found.fix == ("Cut the file into smaller ones, or keep the frames that matter.",)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("half-width punctuation", rf"{_CJK}[,;:!?]|[,;:!?]{_CJK}"),
        ("half-width brackets", rf"{_CJK}\(|\){_CJK}"),
        ("no space beside Latin letters or digits", rf"{_CJK}[A-Za-z0-9]|[A-Za-z0-9%]{_CJK}"),
    ],
)
def test_chinese_is_set_alike_everywhere(what: str, pattern: str) -> None:
    code = re.compile(r"`[^`]*`|\{\w+\}|https?://\S+|:[a-z-]+\[|<br>")
    found = [text for _id, text in translations() if re.search(pattern, code.sub("", text))]
    assert found == [], what


# Typed as they are, or named as they are cited.
_COMMANDS_AND_CITATIONS = {
    "'fold 3 of 5', 'repeat 2, fold 3 of 5', 'without Cr-Fe-Ni', 'without 3 components', "
    "'2+3 components', '4+5 components, fold 1 of 5, 10 %', "
    "'2+3 components with 4+5 components, repeat 2, fold 1 of 5, 10 %'",
    *(
        "heanet: {error}\n",
        ".parquet",
        "built {twin_version}",
        "heanet studies",
        "heanet study ablation",
    ),
    *("heanet study transfer", "python -m heanet data fetch hea-dft"),
    *("python -m heanet data fetch mp", "Materials Project", "CC BY 4.0"),
    *("A. Jain et al., APL Mater. 1, 011002 (2013)", "{value} J/mol/K", "{value} eV/atom"),
}


def test_only_names_and_formulas_are_the_same_in_chinese() -> None:
    same = {text for text, translation in translations() if text == translation}
    assert same - _COMMANDS_AND_CITATIONS == {
        "emix != etot - sum_a c_a E_a({lattice})", "eform != etot - sum_a c_a E_a(ground state)",
        "ms != mb / n_atoms", "pymatgen JSON", "{fractions} at.%",
        "CSV", "POSCAR", "CIF", "Pearson", "Spearman", "Dropout", "Jmol", "VESTA", "Okabe–Ito",
        "at.%", "wt.%", "g(r)", "{lattice} · {share}", "**{symbol}** · No. {number} · {system}",
    }  # fmt: skip


def test_bold_text_does_not_end_in_a_mark() -> None:
    """Markdown would show the asterisks, as no space follows."""
    for _id, text in translations():
        parts = text.split("**")
        for bold, after in zip(parts[1::2], parts[2::2], strict=True):
            assert not (re.search(r"\W$", bold) and re.match(r"\w", after)), text
