"""Texts in the source as templates: what an f-string says, with a name for every place in it.

``f"'{name}' holds {len(cells)} cells"`` becomes ``'{name}' holds {n_cells} cells``. The name of a
place follows from the expression alone, so a template changes only when its text does.
"""

import ast
import re
from itertools import product

_MOST = 16  # variants of one text: two words to choose between in four places
_PLACE = re.compile(r"\{(\w+)\}")


def templates(node: ast.expr) -> list[str]:
    """All that a text in the source can say, as templates; empty where it is no text.

    Words that the text chooses between (``'fit' if n == 1 else 'fits'``) give a template each.
    """
    found = _variants(node, {})
    return list(dict.fromkeys(found)) if len(found) <= _MOST else []


def places(template: str) -> list[str]:
    """The names of a template's places, in order."""
    return _PLACE.findall(template)


def literal(template: str) -> str:
    """A template without its places."""
    return _PLACE.sub(" ", template)


def _variants(node: ast.expr, names: dict[str, str]) -> list[str]:
    """Templates of a text; ``names`` holds the expressions that have a name already."""
    match node:
        case ast.Constant(value=str(text)):
            return [text] if not re.search(r"[{}]", _PLACE.sub("", text)) else []
        case ast.JoinedStr(values=parts):
            return _joined([_piece(part, names) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _holds_text(node):
            return _joined([_variants(s, names) or [_place(s, names)] for s in (left, right)])
        case ast.IfExp(body=body, orelse=other):
            return [*_variants(body, names), *_variants(other, names)]
        case ast.BoolOp(op=ast.Or(), values=values):
            return [text for value in values for text in _variants(value, names)]
    return []


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(variant) for variant in product(*parts)] if all(parts) else []


def _piece(part: ast.expr, names: dict[str, str]) -> list[str]:
    """What a part of an f-string can say."""
    if not isinstance(part, ast.FormattedValue):
        return _variants(part, names)
    value = part.value
    if isinstance(value, ast.IfExp) and {type(value.body), type(value.orelse)} == {ast.Constant}:
        return _variants(value, names)
    return [_place(value, names)]


def _place(value: ast.expr, names: dict[str, str]) -> str:
    """``{name}`` for an expression: the same for the same expression, numbered for others."""
    written = ast.unparse(value)
    if written not in names:
        name = base = _name(value)
        taken = set(names.values())
        number = 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        names[written] = name
    return f"{{{names[written]}}}"


def _name(node: ast.AST) -> str:
    """What a place is called: by the thing that its expression is about."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Subscript(slice=ast.Constant(value=str(key))) if key.isidentifier():
            return key.lower()
        case ast.Call(func=ast.Name(id="len"), args=[counted, *_]):
            return f"n_{_name(counted)}"
    about = _what_it_is_about(node)
    return "value" if about is None else _name(about)


def _what_it_is_about(node: ast.AST) -> ast.AST | None:
    """The part of an expression that gives it its name."""
    match node:
        case ast.Subscript(value=part) | ast.Starred(value=part) | ast.FormattedValue(value=part):
            return part
        case ast.Call(args=[part, *_]) | ast.Call(func=part):
            return part
        case ast.BinOp(left=left, right=right):
            return right if isinstance(left, ast.Constant) else left
        case ast.BoolOp(values=[part, *_]) | ast.IfExp(body=part) | ast.UnaryOp(operand=part):
            return part
        case ast.GeneratorExp(elt=part) | ast.ListComp(elt=part):
            return part
        case ast.JoinedStr(values=parts):
            return next((part for part in parts if isinstance(part, ast.FormattedValue)), None)
    return None


def _holds_text(node: ast.expr) -> bool:
    """Whether a sum is one of texts: a string stands in it."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _holds_text(left) or _holds_text(right)
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
    return False
