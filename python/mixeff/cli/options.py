"""Options of the command line that are more than one word or number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["LEVEL", "NewFile", "Remembering", "as_nodes"]

LEVEL = click.FloatRange(0.0, 1.0, min_open=True, max_open=True)


class NewFile(click.Path):
    """A file to write: that its folder is there is seen before anything is computed."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> Any:
        """The path."""
        path: Any = super().convert(value, param, ctx)
        if not path.absolute().parent.is_dir():
            self.fail(f"there is no folder {str(path.parent)!r} for this file.", param, ctx)
        return path


class Remembering(click.Command):
    """A command that remembers how it was typed."""

    KEY = "mixeff.typed"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words, then read them."""
        ctx.meta[self.KEY] = tuple(args)
        return super().parse_args(ctx, args)


def as_nodes(text: str | None) -> int | tuple[int, ...] | dict[str, int] | None:
    """Numbers of nodes: ``15``, ``9,15`` or ``school=9,class=15``."""
    if text is None:
        return None
    parts = [part.rpartition("=") for part in text.split(",")]
    numbers = tuple(_whole(number, text) for _, _, number in parts)
    if all(name for name, _, _ in parts):
        return {name.strip(): k for (name, _, _), k in zip(parts, numbers, strict=True)}
    if any(equals for _, equals, _ in parts):
        raise _bad(text)
    return numbers[0] if len(numbers) == 1 else numbers


def _whole(number: str, text: str) -> int:
    try:
        return int(number)
    except ValueError:
        raise _bad(text) from None


def _bad(text: str) -> click.BadParameter:
    return click.BadParameter(
        f"{text!r} is neither a whole number nor one for each grouping factor, such as "
        "school=9,class=15.",
        param_hint="'--nodes'",
    )
