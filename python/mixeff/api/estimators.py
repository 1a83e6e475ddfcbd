"""Mixed models as scikit-learn's estimators."""

from __future__ import annotations

from ..bridges.sklearn import Classifier, Regressor
from .model import fit

__all__ = ["GLMMClassifier", "GLMMRegressor"]


class GLMMRegressor(Regressor):
    """A generalized linear mixed model of a number or a count.

    Parameters
    ----------
    formula : str, optional
        Fixed and random effects, ``"x + (1 + x | g)"``, in the names of the columns of X (x0, x1,
        ... if it is an array); by default all columns as fixed effects.
    family : str
        As in `mixeff.fit`.
    link, method : str
        As in `mixeff.fit`.
    kind : {"cluster", "median", "marginal"}
        What predictions do with the random effects, as in ``Fit.predict``; a cluster that was not
        in the data of the fit is predicted with its random effects at zero.

    Attributes
    ----------
    fit_ : Fit
        The fit, with everything that it offers.
    n_features_in_ : int
    feature_names_in_ : ndarray
        Where X had names.

    Examples
    --------
    >>> import pandas as pd
    >>> from mixeff import GLMMRegressor
    >>> X = pd.DataFrame({"x": [1, 2, 3, 1, 2, 3, 1, 2, 3], "g": list("aaabbbccc")})
    >>> y = [1.1, 2.0, 3.2, 2.0, 3.3, 4.1, 0.2, 0.9, 2.1]
    >>> model = GLMMRegressor("x + (1 | g)").fit(X, y)
    >>> model.predict(pd.DataFrame({"x": [2, 2], "g": ["a", "new"]})).round(2).tolist()
    [2.1, 2.1]
    """

    fitter = staticmethod(fit)


class GLMMClassifier(Classifier):
    """A mixed model of two classes (bernoulli) or of more (multinomial, or an ordinal family).

    Parameters
    ----------
    formula : str, optional
        As for `GLMMRegressor`.
    family : str, optional
        By default "bernoulli" for two classes and "multinomial" for more; "cumulative" and the
        other ordinal families take the classes in sorted order.
    link, method : str
        As in `mixeff.fit`.
    kind : {"cluster", "median", "marginal"}
        As for `GLMMRegressor`.

    Attributes
    ----------
    classes_ : ndarray
        In sorted order.
    fit_ : Fit
    n_features_in_ : int
    feature_names_in_ : ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from mixeff import GLMMClassifier
    >>> X = np.array([[0, 1, 2, 3, 4, 5, 6, 7.0]]).T
    >>> y = ["no", "no", "yes", "no", "yes", "no", "yes", "yes"]
    >>> GLMMClassifier().fit(X, y).predict([[0.5], [6.5]]).tolist()
    ['no', 'yes']
    """

    fitter = staticmethod(fit)
