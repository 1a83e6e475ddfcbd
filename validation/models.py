"""The reference models, with the ids that `validation/reference/models.R` gives them."""

from __future__ import annotations

from dataclasses import dataclass

from .datasets import GUIMMUN_DUMMIES


@dataclass(frozen=True)
class Model:
    """A data set and the model that every program fits to it."""

    id: str
    dataset: str
    formula: str
    family: str
    link: str | None = None


_USE = "use ~ age + urban + livch"
_EPIL = "y ~ lbase * trt + lage"
_DEATHS = "offset(log_expected)"
_CHEM = "gender + age + gcsecnt + (1 | lea) + (1 | school)"

_GUIMMUN = " + ".join(GUIMMUN_DUMMIES)

MODELS: tuple[Model, ...] = (
    Model("cbpp", "cbpp", "cbind(incidence, failures) ~ period + (1 | herd)", "binomial"),
    Model("contraception-intercept", "contraception", f"{_USE} + (1 | district)", "bernoulli"),
    Model("contraception-slope", "contraception", f"{_USE} + (1 + urban | district)", "bernoulli"),
    Model(
        "contraception-probit", "contraception", f"{_USE} + (1 | district)", "bernoulli", "probit"
    ),
    Model(
        "contraception-cloglog", "contraception", f"{_USE} + (1 | district)", "bernoulli", "cloglog"
    ),
    Model(
        "verbagg", "verbagg", "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)",
        "bernoulli",
    ),
    Model("ohio", "ohio", "resp ~ age + smoke + (1 | id)", "bernoulli"),
    Model("ohio-interaction", "ohio", "resp ~ age * smoke + (1 | id)", "bernoulli"),
    Model("epil-intercept", "epil", f"{_EPIL} + V4 + (1 | subject)", "poisson"),
    Model("epil-observation", "epil", f"{_EPIL} + V4 + (1 | subject) + (1 | o)", "poisson"),
    Model("epil-slope", "epil", f"{_EPIL} + visit + (1 + visit | subject)", "poisson"),
    Model("bacteria", "bacteria", "y ~ trt + late + (1 | ID)", "bernoulli"),
    Model("orob2", "orob2", "cbind(y, failures) ~ seed * root + (1 | o)", "binomial"),
    Model("seeds", "orob2", "cbind(y, failures) ~ seed73 * cuc + (1 | o)", "binomial"),
    Model("mmmec-region", "mmmec", f"deaths ~ uvb + {_DEATHS} + (1 | region)", "poisson"),
    Model(
        "mmmec-nation-region", "mmmec",
        f"deaths ~ uvb + {_DEATHS} + (1 | nation) + (1 | region)", "poisson",
    ),
    Model(
        "mmmec-null", "mmmec",
        f"deaths ~ 1 + {_DEATHS} + (1 | nation) + (1 | region) + (1 | county)", "poisson",
    ),
    Model(
        "grouseticks", "grouseticks",
        "TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | INDEX) + (1 | LOCATION)", "poisson",
    ),
    Model("sleepstudy", "sleepstudy", "Reaction ~ Days + (1 + Days | Subject)", "gaussian"),
    Model(
        "sleepstudy-independent", "sleepstudy", "Reaction ~ Days + (1 + Days || Subject)",
        "gaussian",
    ),
    Model("sleepstudy-gamma", "sleepstudy", "Reaction ~ Days + (1 | Subject)", "gamma", "log"),
    Model("penicillin", "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "gaussian"),
    Model("pastes", "pastes", "strength ~ 1 + (1 | batch / cask)", "gaussian"),
    Model("insteval", "insteval", "y ~ service + (1 | s) + (1 | d) + (1 | dept)", "gaussian"),
    Model(
        "hsb82", "hsb82", "mAch ~ meanses * cses + sector * cses + (1 + cses | school)", "gaussian"
    ),
    Model("chem97", "chem97", f"score ~ {_CHEM}", "gaussian"),
    Model("infert", "infert", "case ~ spontaneous + induced + (1 | stratum)", "bernoulli"),
    Model("chem97-logit", "chem97", f"high ~ {_CHEM}", "bernoulli"),
    Model("guimmun", "guimmun", f"immun ~ {_GUIMMUN} + (1 | mom) + (1 | cluster)", "bernoulli"),
)  # fmt: skip

BY_ID = {model.id: model for model in MODELS}
