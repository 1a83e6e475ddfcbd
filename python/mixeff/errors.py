"""Every way the input can be wrong, each with its own class, and the warnings.

All errors derive from `MixeffError`, which is a `ValueError`; all warnings from `MixeffWarning`.
A message names the column or argument, says what is wrong with it, and what to do.
"""

from __future__ import annotations

import sys
import warnings

__all__ = [
    "AllRowsMissingError",
    "ArgumentError",
    "CensoringError",
    "ColumnTypeError",
    "ConstantColumnError",
    "ConstantColumnWarning",
    "ConstantResponseError",
    "ConvergenceWarning",
    "DataFileError",
    "DataTypeError",
    "DependencyWarning",
    "DuplicateColumnError",
    "EmptyDataError",
    "ExtrapolationWarning",
    "FormulaError",
    "InfiniteValueError",
    "LengthError",
    "MissingDependencyError",
    "MissingRowsWarning",
    "MixeffError",
    "MixeffWarning",
    "NewDataError",
    "NotAvailableError",
    "RankDeficientWarning",
    "ResponseLevelsError",
    "ResponseSupportError",
    "SeparationWarning",
    "SingleLevelError",
    "SingularFitWarning",
    "StoredFitError",
    "TooFewRowsError",
    "TooManyRandomEffectsError",
    "TrialsError",
    "UndefinedValueError",
    "UnknownColumnError",
    "UnknownFamilyError",
    "UnknownLinkError",
    "UnseenLevelError",
    "WeightsError",
    "warn",
]


class MixeffError(ValueError):
    """Base of all errors about the input; also a `ValueError`."""


class ArgumentError(MixeffError):
    """An argument has a value that it cannot have."""


class PriorError(ArgumentError):
    """A prior that is none, or does not fit what it is given for."""


class NotAvailableError(MixeffError):
    """Something that this model, or this version, does not offer."""


class MissingDependencyError(MixeffError, ImportError):
    """An optional package is not installed; the message says which extra brings it."""


# The formula ----------------------------------------------------------------------------------


class FormulaError(MixeffError):
    """The formula cannot be read.

    Parameters
    ----------
    problem : str
        What is wrong and what to do.
    text : str, optional
        The formula.
    start, end : int, optional
        Where in `text` the offending part stands; it is underlined in the message.
    """

    def __init__(self, problem: str, text: str = "", start: int = 0, end: int = 0) -> None:
        self.problem, self.text, self.start, self.end = problem, text, start, end
        marked = f"\n    {text}\n    {' ' * start}{'^' * max(end - start, 1)}" if text else ""
        super().__init__(problem + marked)

    def within(self, text: str) -> FormulaError:
        """Mark the same part in the formula that it is a part of.

        Parameters
        ----------
        text : str
            The whole formula.

        Returns
        -------
        FormulaError
        """
        part = self.text[self.start : self.end]
        start = text.find(part) if part else -1
        return self if start < 0 else FormulaError(self.problem, text, start, start + len(part))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problem, self.text, self.start, self.end)


# Files ----------------------------------------------------------------------------------------


class DataFileError(MixeffError):
    """A data file, or a table of a database, that cannot be read."""


class StoredFitError(MixeffError):
    """A file that holds no fit, or one whose log-likelihood does not come out again."""


# The data frame -------------------------------------------------------------------------------


class DataTypeError(MixeffError):
    """The data are not a table that can be read."""


class EmptyDataError(MixeffError):
    """The data have no rows."""


class DuplicateColumnError(MixeffError):
    """A column name that the model uses stands more than once in the data."""


class UnknownColumnError(MixeffError):
    """A name in the formula is no column of the data."""


class ColumnTypeError(MixeffError):
    """A column holds a kind of value that cannot be used where the formula uses it."""


class LengthError(MixeffError):
    """An array given next to the data has another length than the data."""


class InfiniteValueError(MixeffError):
    """A column holds an infinite value."""


class UndefinedValueError(MixeffError):
    """A transformation in the formula gives no finite number, as does the logarithm of zero."""


class AllRowsMissingError(MixeffError):
    """Every row has a missing value in some column that the model uses."""


# The response ---------------------------------------------------------------------------------


class ResponseSupportError(MixeffError):
    """A value of the response that the family cannot produce."""


class ResponseLevelsError(MixeffError):
    """A response of words where the family needs numbers, or of more than two words."""


class CensoringError(MixeffError):
    """Ends of a censored response, or detection limits, that cross or say nothing."""


class ConstantResponseError(MixeffError):
    """All values of the response are equal, so that there is nothing to explain."""


class TrialsError(MixeffError):
    """Numbers of trials that are negative, not whole, or smaller than the successes."""


class WeightsError(MixeffError):
    """Weights that are negative, all zero, or not numbers."""


# The model ------------------------------------------------------------------------------------


class UnknownFamilyError(MixeffError):
    """No family of that name."""


class UnknownLinkError(MixeffError):
    """The family has no link of that name."""


class SingleLevelError(MixeffError):
    """A grouping factor with a single level has no variance between levels."""


class ConstantColumnError(MixeffError):
    """A random slope of a covariate that does not vary."""


class TooManyRandomEffectsError(MixeffError):
    """A term with more random effects than the rows can tell apart."""


class TooFewRowsError(MixeffError):
    """As many coefficients as rows, so that nothing is left to estimate the dispersion from."""


# New data -------------------------------------------------------------------------------------


class NewDataError(MixeffError):
    """Something the model needs is not in the new data."""


class UnseenLevelError(NewDataError):
    """A level in the new data that was not in the data of the fit."""


# Warnings -------------------------------------------------------------------------------------


class MixeffWarning(UserWarning):
    """Base of all warnings."""


def warn(sentence: str, category: type[MixeffWarning]) -> None:
    """Warn at the line outside this package that led here.

    Parameters
    ----------
    sentence : str
        What the user should know.
    category : type of MixeffWarning

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn("3 rows dropped", MissingRowsWarning)
    >>> caught[0].category.__name__
    'MissingRowsWarning'
    """
    level, frame = 1, sys._getframe()
    package = __name__.partition(".")[0]
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, category, stacklevel=level)


class MissingRowsWarning(MixeffWarning):
    """Rows with missing values were dropped."""


class RankDeficientWarning(MixeffWarning):
    """Columns of the model matrix that depend on earlier ones were dropped."""


class ConstantColumnWarning(RankDeficientWarning):
    """A covariate that does not vary was dropped."""


class SeparationWarning(MixeffWarning):
    """A covariate tells the outcomes apart perfectly: its coefficient has no finite estimate."""


class SingularFitWarning(MixeffWarning):
    """A variance was estimated as zero, or a correlation as plus or minus one."""


class SamplingWarning(MixeffWarning):
    """Trajectories of the sampler diverged: its draws may leave out a part of the posterior."""


class ConvergenceWarning(MixeffWarning):
    """The search for the maximum did not end as it should."""


class ExtrapolationWarning(MixeffWarning):
    """Predictions far outside the range of a covariate in the data of the fit."""


class DependencyWarning(MixeffWarning):
    """Two libraries that a bridge needs do not work with each other in the versions installed."""
