"""Formula and data to a model: what was learned (`ModelSpec`) and its arrays (`Design`)."""

from .build import build
from .columnwise import ModelMatrix
from .design import Design, GroupingFactor, RandomTerm
from .families import FAMILIES, LINKS, Family, Link, family, link
from .matrix import MatrixSpec
from .new_data import design_for_new_data
from .separation import Separation, find_separation
from .spec import ModelSpec, RandomSpec

__all__ = [
    "FAMILIES",
    "LINKS",
    "Design",
    "Family",
    "GroupingFactor",
    "Link",
    "MatrixSpec",
    "ModelMatrix",
    "ModelSpec",
    "RandomSpec",
    "RandomTerm",
    "Separation",
    "build",
    "design_for_new_data",
    "family",
    "find_separation",
    "link",
]
