"""Element symbols as people and programs write them."""

from pymatgen.core import Element

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
