"""Every text of a page as a reader meets it, whatever element it stands in."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

# Fields that no reader sees.
_HIDDEN = {
    "code_text", "color", "component_name", "config", "css_content", "dg_type", "element_hash",
    "file_name", "form_id", "format", "frame", "html_content", "icon", "id", "js_content", "key",
    "language", "mime", "page", "page_script_hash", "query_param_key", "query_string", "script",
    "styles", "theme", "type", "url", "uuid",
}  # fmt: skip
_TABLES, _JSON = {"arrow_data", "data"}, {"columns", "json", "mixed_data", "spec"}
# Keys of JSON (figures, columns, the 3D view) whose strings are shown.
_SHOWN = {
    "help", "hovertemplate", "hovertext", "label", "legend", "name", "placeholder", "scale", "text",
    "ticktext", "title", "words",
}  # fmt: skip
_PLACEMENT = {"xanchor", "yanchor", "side", "type_config", "xref", "yref", "bgcolor", "font"}
_CODE = re.compile(
    r"`[^`]*`|https?://\S+|doi[ .]\S+|:material/\w+:|:[a-z]+-badge|<style>.*?</style>|"
    r"<script>.*?</script>|<[^<>]*>|%\{[^}]*\}|&\w+;",
    re.DOTALL,
)


def texts(app: AppTest) -> list[str]:
    """All texts, without code, addresses, icons and tags."""
    found = [text for node in _nodes(app._tree) for text in _of_node(node)]
    return [_CODE.sub(" ", text).replace("\\", "") for text in found if text.strip()]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _of_node(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if isinstance(proto, Message):
        yield from _of_message(proto)


def _of_message(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        if field.name not in _HIDDEN:
            yield from _of_field(field.name, value)


def _of_field(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        if name in _TABLES:
            yield from _of_table(value)
    elif isinstance(value, str):
        yield from _of_json(value) if name in _JSON else [value]
    elif isinstance(value, Message):
        yield from _of_message(value)
    elif not isinstance(value, int | float):  # repeated
        for item in value:
            yield from _of_field(name, item)


def _of_table(data: bytes) -> Iterator[str]:
    """Texts of the cells, and of heads that are two, one above the other."""
    table = pa.ipc.open_stream(io.BytesIO(data)).read_all()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield from (text for text in column.to_pylist() if text)
        if name.startswith("("):
            yield name


def _of_json(value: str) -> Iterator[str]:
    if value:
        yield from _shown_in(json.loads(value), shown=False)


def _shown_in(node: Any, *, shown: bool) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in _PLACEMENT:
                yield from _shown_in(value, shown=shown or key in _SHOWN)
    elif isinstance(node, list):
        for value in node:
            yield from _shown_in(value, shown=shown)
    elif isinstance(node, str) and shown:
        yield node
