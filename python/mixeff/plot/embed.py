"""Figures as text to put into a page."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 300_000  # bytes of an SVG; a picture of more marks is embedded as pixels
DPI = 200


def data_uri(figure: Figure) -> str:
    """The figure as the address of an image that holds it all; the figure is closed.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    str
        ``data:image/svg+xml;base64,...``, or ``image/png`` where a drawing would be very large. The
        same figure gives the same text.
    """
    from matplotlib import pyplot as plt
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "mixeff"}):
        content = _saved(figure, "svg", metadata={"Date": None})
    kind = "svg+xml"
    if len(content) > LARGEST:
        content, kind = _saved(figure, "png", dpi=DPI), "png"
    plt.close(figure)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()
