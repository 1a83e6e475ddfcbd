"""Text to terms."""

from .expressions import Expression, expression
from .parse import parse
from .terms import Formula, Group, Random, Response

__all__ = ["Expression", "Formula", "Group", "Random", "Response", "expression", "parse"]
