"""What a test reads off the Compare page."""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

OpenPage = Callable[..., AppTest]


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The one table that has a column."""
    (found,) = [block.value for block in app.dataframe if column in block.value.columns]
    return found


def board(app: AppTest) -> pd.DataFrame:
    """The leaderboard: its columns have two heads."""
    (found,) = [block.value for block in app.dataframe if block.value.columns.nlevels == 2]
    return found


def text(app: AppTest) -> str:
    """All that is written on the page."""
    kinds = (app.main.markdown, app.main.caption, app.info, app.warning, app.error, app.success)
    return " ".join(block.value for blocks in kinds for block in blocks).replace("\\", "")


def address(app: AppTest, key: str) -> list[str]:
    value = app.query_params.get(key, [])
    return value if isinstance(value, list) else [value]


def figure(app: AppTest, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.get("plotly_chart")[number].proto.spec)
    return found


def numbers(values: Any) -> list[float]:
    """Of a figure: plotly packs long columns into bytes."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return list(values)
