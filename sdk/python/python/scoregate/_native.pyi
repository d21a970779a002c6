"""The native module: a component in the sandbox of this process."""

from os import PathLike
from typing import final

from typing_extensions import Buffer

#: Rows of one call, and values of its inputs together, which a model answers within its limits.
BATCH_MAX_ROWS: int
BATCH_MAX_VALUES: int
VERSION: str

__all__ = ["BATCH_MAX_ROWS", "BATCH_MAX_VALUES", "VERSION", "Component"]

@final
class Component:
    """A component that was loaded. Threads may share it."""

    def __new__(cls, component: bytes, compiler: str | PathLike[str]) -> Component:
        """Loads a component, compiled by a child process of the executable ``compiler``.

        Raises:
            scoregate.ScoreError: it is no model, is damaged, or its golden cases do not hold.
        """

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hexadecimal digits."""

    @property
    def info(self) -> tuple[str, str, str]:
        """The model's name, version and description."""

    @property
    def inputs(self) -> list[tuple[str, str, list[int]]]:
        """Name, datatype as the Open Inference Protocol spells it, and shape; -1 is a dimension that varies."""

    @property
    def outputs(self) -> list[tuple[str, str, list[int]]]:
        """As ``inputs``."""

    @property
    def feature_names(self) -> list[str] | None:
        """Names of the columns of all inputs, where the component carries them."""

    def infer(
        self, inputs: list[tuple[list[int], Buffer | list[str]]]
    ) -> list[tuple[list[int], bytearray | list[str]]]:
        """Scores rows: shapes and elements in the order of ``inputs`` to those in the order of ``outputs``.

        Elements are little endian in a buffer of unsigned bytes, or texts for BYTES.

        Raises:
            scoregate.ScoreError: what is given breaks ``inputs``, or the model's call failed.
        """
