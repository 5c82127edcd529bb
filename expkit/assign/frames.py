"""Assigning a whole frame at once, with the answers that one by one would give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from expkit.errors import InvalidInput

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["VARIANT", "read_frame", "with_variants"]

Frame = TypeVar("Frame")

VARIANT = "variant"


def read_frame(frame: Any) -> nw.DataFrame[Any]:
    import narwhals as nw

    try:
        return nw.from_native(frame, eager_only=True)
    except TypeError:
        raise InvalidInput(
            f"This is a {type(frame).__name__}, not a frame.", hint="give a pandas, polars or pyarrow table."
        ) from None


def with_variants(table: nw.DataFrame[Any], keys: Sequence[str], arms: Any) -> Any:
    """The frame with the column `variant`; a column of that name is replaced."""
    import narwhals as nw
    import numpy as np

    if table.implementation.is_pandas_like():
        names = np.array([*keys, None], object)[arms]  # -1, for no variant, is the last
        column = nw.new_series(VARIANT, names.tolist(), nw.String(), backend=table.implementation)
    else:
        names = nw.new_series(VARIANT, [*keys, None], nw.String(), backend=table.implementation)
        column = names[np.where(arms < 0, len(keys), arms)] if len(arms) else names[:0]
    return table.with_columns(column.alias(VARIANT)).to_native()
