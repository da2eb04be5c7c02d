"""The texts that a user can meet: those that the pages mark, and the sentences of the core.

The core writes plain English sentences and knows nothing of languages. What a page shows of them
is found here by reading the source: all that an error says, and every string of two words or more
outside of what is for programmers (docstrings, logs, patterns) or for documents alone.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from heanet import errors as errors_of_heanet
from heanet.catalogue.expressions import literal, places, templates

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("app.py", "pages", "heanet/ui")  # their texts are marked by ``_``
# Texts for programmers, for the terminal, or for documents that are written in English.
_NOT_SHOWN = (
    "heanet/catalogue",
    "heanet/cli.py",
    "heanet/cli_build.py",
    "heanet/cli_compare.py",
    "heanet/cli_data.py",
    "heanet/comparison/cases.py",
    "heanet/comparison/markdown.py",
    "heanet/comparison/publishedreport.py",
    "heanet/comparison/zeroshot.py",
    "heanet/data/ideallattice.py",
    "heanet/data/publishedtables.py",
    "heanet/figures",
    "heanet/mlflowrun.py",
    "heanet/nn",
    "heanet/properties.py",  # has its words in every language
    "heanet/report.py",
    "heanet/units.py",
)
_NO_WORDS = {"rmsd-table #2", "{fingerprint} raw", "direct configuration", "8 hours"}
_SHOWN_OF = {"heanet/comparison/report.py": {"QUESTIONS"}, "heanet/data/labelcolumns.py": {"*"}}
# Here the text under a field is what the form says about it, and a ValueError reaches the user.
_OPTIONS = "heanet/config.py"
# Single words, and sentences of other libraries, that texts of the core are filled with.
_FILLED_IN = {
    "heanet/config.py": (
        "Input should be greater than {limit}",
        "Input should be greater than or equal to {limit}",
        "Input should be less than {limit}",
        "Input should be less than or equal to {limit}",
        "Input should be {choices}",
        "Value error, {error}",
    ),
    "heanet/data/splits.py": ("train", "validation", "test", "published", "unseen"),
    "heanet/jobs/cluster.py": ("scheduler", "worker"),
    "heanet/jobs/watch.py": (
        "queued",
        "running",
        "finished",
        "cancelled",
        "failed",
        "interrupted",
    ),
    "heanet/training/evaluate.py": ("compositions", "{split} {row_set}"),
}
# Texts that are stored as data, by file and by the keys that they stand under.
_STORED = (
    "heanet/data/*.json",
    "models/*/card.json",
    "sample_data/alloys/source.json",
    "sample_data/structures/index.json",
)
_STORED_KEYS = {"title", "method", "limits", "rows", "split", "note"}
_ERRORS = {name for name in vars(errors_of_heanet) if name.endswith("Error")}
_FOR_PROGRAMMERS = {"compile", "search", "sub", "match", "fullmatch", "findall", "split", "cast",
                    "debug", "info", "warning", "exception", "getLogger", "filterwarnings",
                    "strftime", "Formatter", "import_module", "execute"}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True)
class Said:
    """What one place in the source makes an error say.

    Attributes:
        kind: Class of the error.
        path: Of the module, from the project root.
        given: What was found, as templates; one with a single place where it is a value.
        expected: What would have been right.
        fix: What to do.
    """

    kind: str
    path: str
    given: tuple[str, ...]
    expected: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def texts(self) -> tuple[str, ...]:
        """All of its templates."""
        return (*self.given, *self.expected, *self.fix)


def page_texts() -> Iterator[tuple[str | tuple[str, str], str]]:
    """The strings that the pages mark by ``_`` and ``plural``, with the file; both forms of these.

    Read from the syntax tree: Babel's own reader does not look into f-strings.
    """
    for path in modules():
        if relative(path).startswith(PAGES):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Name(id="plural"),
                        args=[ast.Constant(value=str(one)), ast.Constant(value=str(many)), *_],
                    ):
                        yield (one, many), relative(path)
                    case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text))]):
                        yield text, relative(path)


def core_texts() -> dict[str, set[str]]:
    """All texts of the core that can be shown, with the files that they stand in."""
    found: dict[str, set[str]] = {}
    for path in modules():
        name = relative(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = _constants(tree)
        own = [text for it in _said(tree, name, constants) for text in it.texts()]
        if not name.startswith(PAGES):
            own += _words_for_people(tree, name)
        for text in own:
            if _says_something(text) or len(places(text)) > 1:
                found.setdefault(text.strip(" ;,"), set()).add(name)
    for text, name in [*_stored(), *((t, file) for file, ts in _FILLED_IN.items() for t in ts)]:
        found.setdefault(text, set()).add(name)
    return found


def errors() -> list[Said]:
    """What every error of the source says, in the order of the files."""
    return [
        said
        for path in modules()
        for tree in [ast.parse(path.read_text(encoding="utf-8"))]
        for said in _said(tree, relative(path), _constants(tree))
        if any(map(_says_something, said.given))
    ]


def modules() -> list[Path]:
    """All modules of the package and the pages."""
    found = [*(ROOT / "heanet").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
    return sorted(path for path in found if not relative(path).startswith("heanet/catalogue"))


def _said(tree: ast.Module, path: str, constants: dict[str, ast.expr]) -> Iterator[Said]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_error(node.func) and node.args:
            options = {option.arg: option.value for option in node.keywords}
            parts = [node.args[0], options.get("expected"), options.get("fix")]
            given, expected, fix = (_resolved(part, constants) for part in parts)
            yield Said(_called(node.func), path, given, expected, fix)


def _resolved(node: ast.expr | None, constants: dict[str, ast.expr]) -> tuple[str, ...]:
    """Templates of an argument; that of a constant where it is one."""
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    return tuple(templates(node)) if node is not None else ()


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_error(function: ast.expr) -> bool:
    return _called(function) in _ERRORS


def _called(function: ast.expr) -> str:
    """Last part of a function's name."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _words_for_people(tree: ast.Module, path: str) -> list[str]:
    """Strings of two words or more that are for people."""
    if any(path.startswith(known) for known in _NOT_SHOWN):
        return []
    body: list[ast.stmt] = tree.body
    if path in _SHOWN_OF:
        body = [n for n in body if _targets(n) & _SHOWN_OF[path]]
    found: list[str] = []
    for statement in body:
        _collect(statement, found)
    if path == _OPTIONS:
        found += [*_under_fields(tree), *_of_value_errors(tree)]
    return [text for text in found if _are_words(text)]


def _are_words(text: str) -> bool:
    """Something said in more than one word; names and keys have no space."""
    return (
        " " in text.strip()
        and bool(_WORD.search(literal(text)))
        and ("%Y" not in text and text not in _NO_WORDS)
    )


def _under_fields(tree: ast.Module) -> Iterator[str]:
    """The docstrings of fields, on one line each."""
    for node in ast.walk(tree):
        body = node.body if isinstance(node, ast.ClassDef) else []
        for field, below in pairwise(body):
            match field, below:
                case ast.AnnAssign(), ast.Expr(value=ast.Constant(value=str(text))):
                    yield " ".join(text.split())


def _targets(node: ast.stmt) -> set[str]:
    """Names that a statement assigns; of a function ``*``."""
    match node:
        case ast.Assign(targets=targets):
            return {t.id for t in targets if isinstance(t, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.FunctionDef() | ast.ClassDef():
            return {"*"}
    return set()


def _collect(node: ast.AST, found: list[str]) -> None:
    """Adds the outermost texts under a node."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Raise(exc=ast.Call(func=function)) if not _is_error(function):
            return  # a bug of ours, which no page shows
        case ast.Call(func=function) if _called(function) in _FOR_PROGRAMMERS:
            return
        case ast.Subscript(value=ast.Name(id="Literal")):
            return
        case ast.expr() if own := templates(node):
            found += own
            return
    annotations = {"annotation", "returns"}
    for field, value in ast.iter_fields(node):
        if field not in annotations:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    _collect(child, found)


def _of_value_errors(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) == "ValueError":
            yield from templates(node.args[0])


def _says_something(text: str) -> bool:
    return bool(_WORD.search(literal(text)))


def _stored() -> Iterator[tuple[str, str]]:
    """Texts in data files that a page shows, with the file."""
    for pattern in _STORED:
        for path in sorted(ROOT.glob(pattern)):
            for text in _values(json.loads(path.read_text(encoding="utf-8")), ""):
                if len(_WORD.findall(text)) > 1:
                    yield text, relative(path)


def _values(node: object, key: str) -> Iterator[str]:
    """The strings under the keys that are shown."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _values(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value, key)
    elif isinstance(node, str) and key in _STORED_KEYS:
        yield node


def relative(path: Path) -> str:
    """A path from the project root, with slashes."""
    return path.relative_to(ROOT).as_posix()
