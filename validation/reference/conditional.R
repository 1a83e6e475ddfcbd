# The conditional rows of the frozen tables, for models of validation/models.py.
#   Rscript validation/reference/conditional.R OUT
# writes OUT/conditional.csv. Successes: survival's clogit, exact; counts: the Poisson model with a
# dummy for each level, whose slopes are the conditional ones, and the multinomial log-likelihood.
# Needs survival, lme4, mlmRev, MASS and geepack.
library(survival)
args <- commandArgs(trailingOnly = TRUE)
from <- function(package, name) {
  e <- new.env(); data(list = name, package = package, envir = e); e[[name]]
}
frozen <- function(model, dataset, program, version, b, se, logLik) {
  known <- !is.na(b) & is.finite(se) & se > 0
  data.frame(dataset = dataset, model = model, program = program, version = version,
             method = "conditional", nodes = 1, parameter = c(names(b)[known], "logLik"),
             estimate = signif(c(b[known], logLik), 12), se = signif(c(se[known], NA), 12))
}

# `constants` are the binomial coefficients of aggregated rows.
successes <- function(model, dataset, formula, data, constants = 0) {
  fit <- suppressWarnings(clogit(formula, data, method = "exact"))
  se <- rep(NA_real_, length(coef(fit))); se[!is.na(coef(fit))] <- sqrt(diag(vcov(fit))[!is.na(coef(fit))])
  frozen(model, dataset, "survival", as.character(packageVersion("survival")), coef(fit), se,
         fit$loglik[2] + constants)
}
counts <- function(model, dataset, formula, data, response, group) {
  data$level <- factor(data[[group]])
  fit <- glm(update(formula, . ~ . + level), poisson, data,
             control = glm.control(epsilon = 1e-14, maxit = 100))
  kept <- setdiff(attr(terms(formula), "term.labels"), "level")
  one <- function(rows) dmultinom(rows[[response]], prob = rows$fitted, log = TRUE)
  data$fitted <- fitted(fit)
  inside <- Filter(function(rows) sum(rows[[response]]) > 0, split(data, data$level))
  frozen(model, dataset, "stats", as.character(getRversion()), coef(fit)[kept],
         sqrt(diag(vcov(fit)))[kept], sum(vapply(inside, one, 0)))
}

contraception <- transform(from("mlmRev", "Contraception"), use = as.numeric(use == "Y"))
bacteria <- transform(from("MASS", "bacteria"), y = as.numeric(y == "y"), late = as.numeric(week > 2))
cbpp <- from("lme4", "cbpp")
animals <- cbpp[rep(seq_len(nrow(cbpp)), cbpp$size), ]
animals$ill <- unlist(Map(function(n, y) rep(1:0, c(y, n - y)), cbpp$size, cbpp$incidence))
mmmec <- transform(from("mlmRev", "Mmmec"), log_expected = log(expected))
table <- rbind(
  successes("infert", "infert", case ~ spontaneous + induced + strata(stratum), infert),
  successes("contraception-intercept", "contraception",
            use ~ age + urban + livch + strata(district), contraception),
  successes("ohio-interaction", "ohio", resp ~ age * smoke + strata(id), from("geepack", "ohio")),
  successes("bacteria", "bacteria", y ~ late + strata(ID), bacteria),
  successes("cbpp", "cbpp", ill ~ period + strata(herd), animals,
            sum(lchoose(cbpp$size, cbpp$incidence))),
  counts("epil-intercept", "epil", y ~ V4, from("MASS", "epil"), "y", "subject"),
  counts("mmmec-region", "mmmec", deaths ~ uvb + offset(log_expected), mmmec, "deaths", "region"))
dir.create(args[1], showWarnings = FALSE, recursive = TRUE)
write.csv(table, file.path(args[1], "conditional.csv"), row.names = FALSE, na = "")
