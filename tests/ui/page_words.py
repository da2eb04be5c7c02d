"""Every text of a page as a reader meets it, whatever element it stands in."""

import base64
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

# Fields that no reader sees.
_HIDDEN = {"id", "form_id", "key", "icon", "page", "page_script_hash", "url", "element_hash", "code_text",
           "query_string", "query_param_key", "format", "file_name", "mime", "theme", "dg_type", "language",
           "type", "color", "script", "frame", "css_content", "js_content", "html_content",
           "component_name"}  # fmt: skip
# Keys of JSON (figures, columns, the 3D view) whose strings are shown.
_SHOWN = {"text", "title", "name", "label", "help", "hovertemplate", "hovertext", "ticktext",
          "words", "legend", "scale", "placeholder"}  # fmt: skip
_CODE = re.compile(r"`[^`]*`|https?://\S+|doi[ .]\S+|:material/\w+:|<[^<>]*>|%\{[^}]*\}|&\w+;")


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
        if field.name in _HIDDEN:
            continue
        if field.name in {"data", "arrow_data"} and isinstance(value, bytes | Message):
            raw = value if isinstance(value, bytes) else getattr(value, "data", b"")
            yield from _of_table(raw)
        elif field.name in {"spec", "columns", "json", "mixed_data"}:
            yield from _of_json(value)
        elif isinstance(value, Message):
            yield from _of_message(value)
        elif isinstance(value, str):
            yield value
        elif not isinstance(value, bytes | int | float) and field.message_type is None:
            yield from (item for item in value if isinstance(item, str))
        elif field.message_type is not None:
            for item in value:
                if isinstance(item, Message):
                    yield from _of_message(item)


def _of_table(data: bytes) -> Iterator[str]:
    if not data:
        return
    table = pa.ipc.open_stream(io.BytesIO(data)).read_all()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield from (text for text in column.to_pylist() if text)
        if name.startswith("("):
            yield name


def _of_json(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield from _shown_in(json.loads(value), shown=False)
    elif isinstance(value, Message):
        yield from _of_message(value)


def _shown_in(node: Any, *, shown: bool) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _shown_in(value, shown=shown or key in _SHOWN)
    elif isinstance(node, list):
        for value in node:
            yield from _shown_in(value, shown=shown)
    elif isinstance(node, str) and shown:
        yield node


def decoded(spec: str) -> Any:
    """Numbers of a figure, which travel as base64."""
    return base64.b64decode(spec)
