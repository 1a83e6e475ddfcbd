"""The only door to matplotlib: figures, colours and the style of all pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Widths of one column and of a page of a journal, in inches.
COLUMN, PAGE = 84.0 / 25.4, 174.0 / 25.4

# Okabe and Ito's colours, told apart with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#8A8A8A"
PALE = {COLOURS[0]: "#A6CDE6", GREY: "#D6D6D6"}  # where lines lie side by side
ORDERED = "cividis"  # matplotlib's map from dark blue to yellow, for ordered categories

STYLE: Any = {
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.3,
    "figure.dpi": 150,
    "savefig.dpi": 300,
}


def panels(
    count: int,
    width: float,
    height: float,
    ratios: Sequence[float] | None = None,
    ax: Any = None,
) -> tuple[Figure, list[Axes]]:
    """Open a figure with panels side by side, in the house style.

    Parameters
    ----------
    count : int
        Number of panels.
    width, height : float
        Size of the whole figure in inches.
    ratios : sequence of float, optional
        Relative widths of the panels.
    ax : Axes or sequence of Axes, optional
        The user's own to draw in, one for each panel.

    Returns
    -------
    figure, list of axes

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    ArgumentError
        If ``ax`` does not have an axes for each panel.
    """
    if ax is not None:
        return _given(count, ax)
    figure, axes = _subplots(1, count, width, height, ratios)
    return figure, list(axes[0])


def _given(count: int, ax: Any) -> tuple[Figure, list[Axes]]:
    axes = list(np.ravel(ax))
    if len(axes) != count or not all(hasattr(axis, "plot") for axis in axes):
        needed = "one matplotlib Axes" if count == 1 else f"a sequence of {count} matplotlib Axes"
        raise ArgumentError(
            f"ax= takes {needed} here, one for each panel; or leave it out for a new figure."
        )
    return axes[0].figure, axes


def grid(
    count: int, across: int, width: float, height: float, ax: Any = None
) -> tuple[Figure, list[Axes]]:
    """Open a figure with panels in rows, in the house style.

    Parameters
    ----------
    count : int
        Number of panels.
    across : int
        Panels in a row.
    width, height : float
        Size of the whole figure in inches.
    ax : sequence of Axes, optional
        The user's own to draw in, one for each panel.

    Returns
    -------
    figure, list of axes
        Row by row.
    """
    if ax is not None:
        return _given(count, ax)
    figure, axes = _subplots(-(-count // across), across, width, height, None)
    for unused in axes.flat[count:]:
        unused.remove()
    return figure, list(axes.flat[:count])


def _subplots(
    down: int, across: int, width: float, height: float, ratios: Sequence[float] | None
) -> tuple[Figure, Any]:
    try:
        import matplotlib as mpl
        from matplotlib import pyplot as plt
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            'pictures need matplotlib, which is not installed: pip install "mixeff[plot]"'
        ) from error
    with mpl.rc_context(STYLE):
        return plt.subplots(
            down,
            across,
            figsize=(width, height),
            squeeze=False,
            layout="constrained",
            width_ratios=ratios,
        )


def styled() -> Any:
    """Give the context in which labels and legends take the house style."""
    import matplotlib as mpl

    return mpl.rc_context(STYLE)


def rgb(colour: str) -> tuple[float, float, float]:
    """Give a colour's red, green and blue between 0 and 1."""
    return tuple(int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5))  # type: ignore[return-value]


def ordered_colours(count: int) -> list[str]:
    """Colours of ordered categories, darkest first, told apart in grey and with any vision."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps[ORDERED](at)) for at in np.linspace(0.05, 0.88, count)]


def colours(count: int) -> list[str]:
    """Colours of things without an order."""
    return [COLOURS[i % len(COLOURS)] for i in range(count)]


def whole_ticks(axis: Axes) -> None:
    """Tick whole numbers on the horizontal axis."""
    from matplotlib.ticker import MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
