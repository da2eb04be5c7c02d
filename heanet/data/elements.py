"""Element symbols as people and programs write them."""

import math

from pymatgen.core import Composition, Element

from heanet.errors import StructureError, did_you_mean

# pymatgen counts isotopes of hydrogen among the elements; no alloy label does.
ISOTOPES = {"D": "deuterium", "T": "tritium"}
SYMBOLS: tuple[str, ...] = tuple(el.symbol for el in Element if el.symbol not in ISOTOPES)


def as_element(symbol: str, *, name: str) -> Element:
    """The element of a symbol.

    Args:
        symbol: As ``"Fe"``.
        name: The structure it stands in, for messages.

    Raises:
        StructureError: It is no element, or a hydrogen isotope.
    """
    if symbol in ISOTOPES:
        raise StructureError(
            f"'{name}' holds '{symbol}' ({ISOTOPES[symbol]})",
            expected="chemical elements, not isotopes",
            fix="Write H if hydrogen is meant.",
        )
    if not Element.is_valid_symbol(symbol):
        raise StructureError(
            f"'{name}' holds '{symbol}', which is no chemical element",
            expected="symbols such as Fe or Ni",
            fix=did_you_mean(symbol, SYMBOLS),
        )
    return Element(symbol)


def formula(composition: Composition, *, reduced: bool = False) -> str:
    """Elements by atomic number, as papers on alloys write them: ``Cr8Mn8Fe24``, ``CrMnFe3``.

    pymatgen's own formulas go by electronegativity, which noble gases have none of.

    Args:
        composition: Of a cell.
        reduced: Divide whole amounts by what they have in common, and leave out ones.
    """
    amounts = {symbol: n for symbol, n in composition.get_el_amt_dict().items() if n}
    whole = [round(n) for n in amounts.values()]
    common = math.gcd(*whole) if reduced and whole == [*amounts.values()] else 1
    numbers = {specie.symbol: specie.Z for specie in composition}
    ordered = sorted(amounts, key=lambda symbol: numbers[symbol])
    shown = {symbol: f"{amounts[symbol] / max(common, 1):.6g}" for symbol in ordered}
    return "".join(f"{s}{'' if reduced and n == '1' else n}" for s, n in shown.items())
