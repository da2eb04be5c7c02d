"""Draw docs/architecture.svg and the table of modules in docs/architecture.md.

``python docs/make_architecture.py`` reads the layers from the table of import-linter in
pyproject.toml, the imports from the source (grimp, which import-linter stands on), and what each
module is for from the first line of its docstring. A test fails where either is stale.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
PAGE = ROOT / "docs" / "architecture.md"
START, END = "<!-- modules:start -->\n", "<!-- modules:end -->"
PACKAGE = "heanet"
PAGES = "pages, app.py"
# What says most about a module; those of the standard library and small ones are left out.
LIBRARIES = ("streamlit", "plotly", "py3Dmol", "babel", "tyro", "distributed", "mlflow", "sklearn",
             "safetensors", "torch_geometric", "torch", "pandas", "pymatgen", "vesin",
             "sqsgenerator", "chgnet", "mp_api", "pydantic")  # fmt: skip
_OUTSIDE_LAYERS = {"__main__"}  # calls the command line and nothing else

# Pixels.
CELL, NAME_WIDTH, HEAD, MARGIN, GAP = 16, 118, 118, 12, 20
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.name { font: 600 12px ui-monospace, monospace; }
.light { fill: #57606a; }
.band { fill: #f3f5f8; } .cell { fill: none; stroke: #d8dee4; stroke-width: .5; }
.self { fill: #afb8c1; } .import { fill: #1f6feb; } .library { fill: #9a6700; }
.upward { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .light { fill: #9da7b3; } .band { fill: #1b2129; }
  .cell { stroke: #30363d; } .self { fill: #484f58; } .import { fill: #58a6ff; }
  .library { fill: #d29922; } .ground { fill: #0d1117; }
}
"""


@dataclass(frozen=True)
class Architecture:
    """What the picture shows.

    Attributes:
        layers: Names of modules without the package's, from the top; those of one layer together.
        about: What each is for.
        imports: The modules and libraries that each imports.
    """

    layers: tuple[tuple[str, ...], ...]
    about: Mapping[str, str]
    imports: Mapping[str, frozenset[str]]

    @property
    def modules(self) -> list[str]:
        """All modules from the top."""
        return [name for layer in self.layers for name in layer]

    @property
    def upward(self) -> list[tuple[str, str]]:
        """Imports that go against the order."""
        place = {name: i for i, name in enumerate(self.modules)}
        return [
            (name, other)
            for name in self.modules
            for other in sorted(self.imports[name] & place.keys())
            if place[other] < place[name]
        ]


def read_architecture(root: Path = ROOT) -> Architecture:
    """Layers, docstrings and imports of the project.

    Raises:
        ValueError: A module of the package is in no layer.
    """
    graph = grimp.build_graph(
        PACKAGE, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )
    known = _layers(root)
    children = {name.removeprefix(f"{PACKAGE}.") for name in graph.find_children(PACKAGE)}
    lost = sorted(children - {name for layer in known for name in layer} - _OUTSIDE_LAYERS)
    if lost:
        raise ValueError(f"No layer in pyproject.toml has {', '.join(lost)}")
    layers = ((PAGES,), *known)
    files = [root / "app.py", *sorted((root / "pages").glob("*.py"))]
    imports = {name: _imports(graph, name) for layer in known for name in layer}
    about = {name: _about(root, name) for layer in known for name in layer}
    return Architecture(
        layers,
        {PAGES: "The pages: widgets, one call of heanet, figures.", **about},
        {PAGES: frozenset().union(*map(_imports_of_file, files)), **imports},
    )


def draw(found: Architecture) -> str:
    """The picture as SVG."""
    modules = found.modules
    left = MARGIN + NAME_WIDTH
    columns = {name: left + i * CELL for i, name in enumerate(modules)}
    second = left + len(modules) * CELL + GAP
    columns |= {name: second + i * CELL for i, name in enumerate(LIBRARIES)}
    width, height = max(columns.values()) + CELL + MARGIN, HEAD + len(modules) * CELL + 48
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        "<title>Modules of HEANet in the order of their layers, and who imports whom</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}" fill="#ffffff"/>',
        *_bands(found, columns),
        *_head(columns),
    ]
    for row, name in enumerate(modules):
        parts += _row(found, name, HEAD + row * CELL, columns)
    notes = (
        "A square: the module of the line imports that of the column, or a library. Lines on one "
        "ground are one layer.",
        "Every square lies right of the diagonal: imports go one way, down.",
    )
    parts += [
        _text(MARGIN, HEAD + len(modules) * CELL + 20 + 16 * i, note, "light")
        for i, note in enumerate(notes)
    ]
    return "\n".join([*parts, "</svg>", ""])


def table(found: Architecture) -> str:
    """The modules and what each is for, as a table; the modules of a layer below each other."""
    rows = [f"| `{name}` | {found.about[name]} |" for name in found.modules]
    return "\n".join(["| module | what it is for |", "|---|---|", *rows, ""])


def with_table(page: str, found: Architecture) -> str:
    """A page with the table between its marks."""
    before, _, rest = page.partition(START)
    return f"{before}{START}{table(found)}{END}{rest.partition(END)[2]}"


def _layers(root: Path) -> tuple[tuple[str, ...], ...]:
    """The layers of the table, without the name of the package."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = (it["layers"] for it in contracts if it["type"] == "layers")
    return tuple(
        tuple(name.strip().removeprefix(f"{PACKAGE}.") for name in layer.split(":"))
        for layer in layers
    )


def _imports(graph: grimp.ImportGraph, name: str) -> frozenset[str]:
    """What a module or any module below it imports, as modules of the picture."""
    whole = f"{PACKAGE}.{name}"
    members = {whole, *graph.find_descendants(whole)}
    found = {it for member in members for it in graph.find_modules_directly_imported_by(member)}
    return frozenset(map(_in_picture, found - members))


def _imports_of_file(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {it.name for it in names}
            case ast.ImportFrom(module=str(module)):
                found.add(module)
    return frozenset(map(_in_picture, found))


def _in_picture(module: str) -> str:
    """The column of a module: the part below the package, or the library."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] if first == PACKAGE else first


def _about(root: Path, name: str) -> str:
    """The first line of a module's docstring, without marks of code."""
    path = root / PACKAGE / name
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].replace("``", "`")


def _bands(found: Architecture, columns: Mapping[str, int]) -> Iterator[str]:
    """A ground below every second layer."""
    row, right = 0, max(columns.values()) + CELL
    for i, layer in enumerate(found.layers):
        if i % 2 == 0:
            y, height = HEAD + row * CELL, len(layer) * CELL
            size = f'width="{right - MARGIN}" height="{height}"'
            yield f'<rect class="band" x="{MARGIN}" y="{y}" {size}/>'
        row += len(layer)


def _head(columns: Mapping[str, int]) -> Iterator[str]:
    """Names of the columns, upright."""
    for name, x in columns.items():
        yield (
            f'<text class="light" transform="translate({x + CELL - 4},{HEAD - 5}) rotate(-90)">'
            f"{escape(name)}</text>"
        )


def _row(found: Architecture, name: str, top: int, columns: Mapping[str, int]) -> Sequence[str]:
    """A module: its name, and a square for everything that it imports."""
    base = top + CELL - 4
    parts = [_text(MARGIN + 4, base, name, "name")]
    for column, x in columns.items():
        parts.append(f'<rect class="cell" x="{x}" y="{top}" width="{CELL}" height="{CELL}"/>')
        kind = ""
        if column == name:
            kind = "self"
        elif column in found.imports[name]:
            upward = (name, column) in found.upward
            kind = "upward" if upward else "library" if column in LIBRARIES else "import"
        if kind:
            size = CELL - 4
            parts.append(
                f'<rect class="{kind}" x="{x + 2}" y="{top + 2}" width="{size}" height="{size}">'
                f"<title>{escape(name)}: {escape(column)}</title></rect>"
            )
    return parts


def _text(x: int, y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def main() -> None:
    """Write the picture and the table."""
    sys.path.insert(0, str(ROOT))  # the source beside this script, whatever is installed
    found = read_architecture()
    PICTURE.write_text(draw(found), encoding="utf-8")
    page = with_table(PAGE.read_text(encoding="utf-8"), found)
    PAGE.write_text(page, encoding="utf-8")
    for file in (PICTURE, PAGE):
        print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
