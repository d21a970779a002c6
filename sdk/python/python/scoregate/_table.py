"""From what Python calls a table to a model's inputs: columns found by name, categories numbered, batches cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator, Sequence

import numpy as np

from . import _native
from ._errors import ScoreError

#: Numpy's types of the protocol's datatypes; BYTES are lists of texts.
DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}


@dataclass(frozen=True)
class Tensor:
    """Name, datatype and shape of a model's input or output; -1 is a dimension that varies, the first one counts rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.datatype} {list(self.shape)}"


@dataclass(frozen=True)
class Categories:
    """Which number the library gave each category of a data frame.

    ``lists`` are those of the columns of categories in their order, and ``columns`` names them where that is known. A category that is in none of
    them is missing for the model, as it is for LightGBM; XGBoost refuses it.
    """

    lists: list[list[Any]] = field(default_factory=list)
    columns: list[str] | None = None

    def of(self, table: Any) -> dict[str, list[Any]]:
        """By the names of the table's columns."""
        if self.columns is not None:
            return dict(zip(self.columns, self.lists))
        columns = category_columns(table)
        if len(columns) != len(self.lists):
            raise ScoreError(
                f"X has {len(columns)} columns of categories where the model was trained with {len(self.lists)}"
            )
        return dict(zip(columns, self.lists))


def columns_of(table: Any) -> list[str] | None:
    """The names of a data frame's columns; none of what has none."""
    columns = getattr(table, "columns", None)
    return None if columns is None else [str(column) for column in columns]


def category_columns(table: Any) -> list[str]:
    """The names of a data frame's columns whose type is a category."""
    if columns_of(table) is None or not hasattr(table, "dtypes"):
        return []
    return [
        str(column) for column in table.columns if is_category(table[column])
    ]


def is_category(column: Any) -> bool:
    return str(getattr(column, "dtype", "")) == "category"


class Table:
    """A table whose columns are those of a model's inputs.

    Raises:
        ScoreError: its columns are not those that the model takes.
    """

    def __init__(
        self,
        table: Any,
        inputs: Sequence[Tensor],
        feature_names: list[str] | None,
        categories: Categories | None,
    ) -> None:
        if hasattr(table, "tocsr"):
            raise ScoreError("X is a sparse matrix: give X.toarray(), with what is missing as NaN")
        widths = [input.shape[1] if len(input.shape) > 1 else 1 for input in inputs]
        if any(len(input.shape) > 2 for input in inputs) or any(width < 0 for width in widths):
            raise ScoreError(f"the model's inputs are no table: {', '.join(map(str, inputs))}")
        self.inputs = inputs
        self.widths = widths
        names = columns_of(table)
        if names is not None:
            self.numbered = categories.of(table) if categories else {}
            wanted = wanted_columns(inputs, widths, feature_names)
            self.columns: Any = places(names, wanted, sum(widths))
            self.names = names
            self.table = table
            self.rows = len(table)
        else:
            values = np.asarray(table)
            if values.ndim != 2:
                raise ScoreError(
                    f"X has {values.ndim} dimensions where it must have 2, rows and columns; of a single row give X.reshape(1, -1)"
                )
            if values.shape[1] != sum(widths):
                raise ScoreError(
                    f"X has {values.shape[1]} columns where the model takes {sum(widths)}"
                )
            self.columns = None
            self.table = values
            self.rows = values.shape[0]

    def batches(self) -> Iterator[list[tuple[list[int], Any]]]:
        """Inputs of one call after the other, as the native module takes them; of no row one batch of none."""
        values = max(1, sum(self.widths))
        size = max(1, min(_native.BATCH_MAX_ROWS, _native.BATCH_MAX_VALUES // values))
        for start in range(0, max(1, self.rows), size):
            yield self.batch(start, min(self.rows, start + size))

    def batch(self, start: int, end: int) -> list[tuple[list[int], Any]]:
        batch: list[tuple[list[int], Any]] = []
        column = 0
        for input, width in zip(self.inputs, self.widths):
            shape = [end - start] if len(input.shape) == 1 else [end - start, width]
            if input.datatype == "BYTES":
                cells = [texts(self.cells(column + at, start, end), self.name(column + at), start) for at in range(width)]
                batch.append((shape, [text for row in zip(*cells) for text in row]))
            else:
                dtype = DTYPES[input.datatype]
                block = self.numbers(column, width, start, end, dtype)
                batch.append((shape, block.reshape(-1).view(np.uint8)))
            column += width
        return batch

    def numbers(self, column: int, width: int, start: int, end: int, dtype: np.dtype[Any]) -> np.ndarray:
        if self.columns is None:
            rows = self.table[start:end, column : column + width]
            return np.ascontiguousarray(convert(rows, dtype, "X", start))
        block = np.empty((end - start, width), dtype)
        for at in range(width):
            name = self.name(column + at)
            cells = self.cells(column + at, start, end)
            if self.columns[column + at] in self.numbered or is_category(cells):
                cells = self.codes(cells, self.columns[column + at])
            block[:, at] = convert(cells, dtype, f"column `{name}`", start)
        return block

    def cells(self, column: int, start: int, end: int) -> Any:
        if self.columns is None:
            return self.table[start:end, column]
        place = self.names.index(self.columns[column])
        if hasattr(self.table, "iloc"):
            return self.table.iloc[start:end, place]
        return self.table[self.table.columns[place]][start:end]

    def name(self, column: int) -> str:
        return str(column) if self.columns is None else self.columns[column]

    def codes(self, cells: Any, name: str) -> np.ndarray:
        """The numbers of categories; NaN for what is missing."""
        known = self.numbered.get(name)
        if known is None:
            raise ScoreError(
                f"column `{name}` is of categories, and which number each of them had in training is not known: "
                "give `scoregate.compile` the data of the training as X, or give the numbers"
            )
        codes = {category: code for code, category in enumerate(known)}
        return np.array([codes.get(value, np.nan) for value in np.asarray(cells, dtype=object)], dtype=float)


def wanted_columns(inputs: Sequence[Tensor], widths: list[int], feature_names: list[str] | None) -> list[str] | None:
    """Names of the columns of all inputs, where they have any."""
    if feature_names:
        return feature_names
    if len(inputs) > 1 and all(width == 1 for width in widths):
        return [input.name for input in inputs]
    return None


def places(names: list[str], wanted: list[str] | None, count: int) -> list[str]:
    """The table's column for each of the model's."""
    if wanted is None:
        if len(names) != count:
            raise ScoreError(f"X has {len(names)} columns where the model takes {count}")
        return names
    # LightGBM keeps names without their spaces.
    spelled = {name.replace(" ", "_"): name for name in names}
    given = set(names)
    found = [name if name in given else spelled.get(name) for name in wanted]
    lacking = [f"`{name}`" for name, place in zip(wanted, found) if place is None]
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise ScoreError(f"X has no column {', '.join(lacking[:3])}{more}, which the model takes")
    twice = [place for place in found if place is not None and names.count(place) > 1]
    if twice:
        raise ScoreError(f"X has more than one column `{twice[0]}`")
    return [place for place in found if place is not None]


def convert(cells: Any, dtype: np.dtype[Any], what: str, start: int) -> np.ndarray:
    """Numbers of that type; what is missing is NaN, which integers do not have."""
    values = cells.to_numpy() if hasattr(cells, "to_numpy") else np.asarray(cells)
    if values.dtype.kind not in "biufO":
        raise ScoreError(f"{what} is of {values.dtype}, and the model takes numbers there")
    if values.dtype == object:
        for cell in values.reshape(-1):
            if isinstance(cell, (str, bytes)):
                raise ScoreError(f"{what} holds the text {cell!r}, and the model takes numbers there")
    if dtype.kind != "f" and (values.dtype.kind in "fO" and has_missing(values)):
        raise ScoreError(f"{what} has a missing value, and the model takes whole numbers there")
    try:
        # Beyond the largest number of the type is infinity, for the libraries as well.
        with np.errstate(over="ignore", invalid="raise"):
            if values.dtype == object:
                values = np.array([[np.nan if is_missing(cell) else cell for cell in row] for row in np.atleast_2d(values)], dtype=dtype).reshape(values.shape)
            converted = values.astype(dtype)
    except (TypeError, ValueError, FloatingPointError) as error:
        raise ScoreError(f"{what} holds what is no number of the type {dtype.name}, from row {start} on: {error}") from None
    if dtype.kind != "f" and not np.array_equal(converted, values):
        raise ScoreError(f"{what} has a number that {dtype.name} does not hold, and the model takes such whole numbers there")
    return converted


def texts(cells: Any, name: str, start: int) -> list[str]:
    """Texts as they are; what is missing is the empty text, as the mapping adapter has it."""
    found = []
    for row, cell in enumerate(np.asarray(cells, dtype=object)):
        if is_missing(cell):
            found.append("")
        elif isinstance(cell, str):
            found.append(cell)
        else:
            raise ScoreError(f"column `{name}` has in row {start + row} no text but {cell!r}, and the model takes texts there")
    return found


def has_missing(values: np.ndarray) -> bool:
    return any(is_missing(cell) for cell in values.reshape(-1))


def is_missing(value: Any) -> bool:
    """None, NaN, and pandas' NA and NaT, which are not equal to themselves or say neither."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return True
