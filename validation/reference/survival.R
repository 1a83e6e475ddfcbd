# Censored responses and durations by survival, glm and glmmTMB, for tests/reference/survival.csv.
#   Rscript validation/reference/survival.R tests/reference/survival.csv
# Formulas are mixeff's. Parameters: coefficients, "scale" (the log scale), "baseline" (of each period), "sd", logLik.
suppressPackageStartupMessages({library(survival); library(glmmTMB)})
data("sleepstudy", package = "lme4")

# Every kind of row: exact, in an interval of 25 ms, below 240 ms, above 380 ms.
sleep <- transform(sleepstudy, low = floor(Reaction / 25) * 25, high = floor(Reaction / 25) * 25 + 25)
exact <- seq_len(nrow(sleep)) %% 3 == 0
sleep$low[exact] <- sleep$high[exact] <- sleep$Reaction[exact]
below <- sleep$Reaction < 240; above <- sleep$Reaction > 380
sleep$low[below] <- NA; sleep$high[below] <- 240
sleep$low[above] <- 380; sleep$high[above] <- NA

# Three months a period, at most nine of them.
lung <- subset(survival::lung, !is.na(inst))
lung <- transform(lung, dead = as.numeric(status == 2), period = pmin(ceiling(time / 90), 9),
                  died = as.numeric(status == 2 & time <= 810))
# About as many deaths in each of fifty periods: the finest that a parameter for each allows.
deaths <- sort(unique(lung$time[lung$dead == 1]))
ends <- deaths[unique(round(seq(0, length(deaths), length.out = 51)))[-1]]
lung$fine <- findInterval(lung$time, ends, left.open = TRUE) + 1
lung$fine <- pmin(lung$fine, length(ends))

# Two eyes of each patient; half a year a period.
eyes <- transform(diabetic, period = pmin(ceiling(time / 6), 9), blind = as.numeric(status == 1 & time <= 54))

out <- function(dataset, formula, family, link, program, parameter, estimate, se = NA) {
  version <- if (program == "stats") getRversion() else packageVersion(program)
  data.frame(dataset, formula, family, link, program, version = as.character(version), parameter,
             estimate = signif(as.numeric(estimate), 12), se = signif(as.numeric(se), 12))
}

survreg_rows <- function(dataset, data, ours, theirs, family, link, weights = NULL) {
  data$w <- if (is.null(weights)) 1 else data[[weights]]
  fit <- survreg(theirs, data, weights = w, dist = family, control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
  se <- sqrt(diag(fit$var))
  out(dataset, ours, family, link, "survival",
      c(paste0("mean:", names(coef(fit))), "scale", "logLik"), c(coef(fit), log(fit$scale), fit$loglik[2]), c(se, NA))
}

expanded <- function(data, time, event) {
  rows <- data[rep(seq_len(nrow(data)), data[[time]]), ]
  rows$t <- sequence(data[[time]])
  rows$y <- as.numeric(rows$t == rows[[time]] & rows[[event]] == 1)
  rows
}

ours <- "survival(period, died) ~ age + sex"
glm_rows <- function(link) {
  fit <- glm(y ~ 0 + factor(t) + age + sex, binomial(link), expanded(lung, "period", "died"), epsilon = 1e-15, maxit = 100)
  # Standard errors from the observed information, where glm has the expected one: by differences of its exact score.
  x <- model.matrix(fit); y <- fit$y
  score <- function(b) { mu <- fit$family$linkinv(x %*% b); drop(t(x) %*% ((y - mu) * fit$family$mu.eta(x %*% b) / (mu * (1 - mu)))) }
  b <- coef(fit); h <- 1e-5
  info <- -sapply(seq_along(b), function(k) { e <- replace(b * 0, k, h); (score(b + e) - score(b - e)) / (2 * h) })
  se <- sqrt(diag(solve(info)))
  names <- names(b)
  out("lung", ours, "duration", link, "stats",
      c(ifelse(grepl("factor", names), "baseline", paste0("mean:", names)), "logLik"),
      c(b, as.numeric(logLik(fit))), c(se, NA))
}

curve_rows <- function() {
  fit <- glm(y ~ poly(t, 2) + age + sex, binomial("cloglog"), expanded(lung, "period", "died"), epsilon = 1e-15, maxit = 100)
  out("lung", paste(ours, "[polynomial(2)]"), "duration", "cloglog", "stats",
      c("mean:age", "mean:sex", "logLik"), c(coef(fit)[c("age", "sex")], as.numeric(logLik(fit))))
}

tmb_rows <- function(link) {
  fit <- glmmTMB(y ~ 0 + factor(t) + trt + age + (1 | id), expanded(eyes, "period", "blind"), binomial(link),
                 control = glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 3000, rel.tol = 1e-14, x.tol = 1e-10)))
  b <- fixef(fit)$cond; se <- sqrt(diag(vcov(fit)$cond))
  out("eyes", "survival(period, blind) ~ trt + age + (1 | id)", "duration", link, "glmmTMB",
      c(ifelse(grepl("factor", names(b)), "baseline", paste0("mean:", names(b))), "sd", "logLik"),
      c(b, attr(VarCorr(fit)$cond$id, "stddev"), as.numeric(logLik(fit))), c(se, NA, NA))
}

# The partial likelihood, which periods come near: of the times themselves (proportional hazards), and with exact ties of
# the periods (the conditional form of the logit model).
cox_rows <- function() {
  times <- coxph(Surv(time, dead) ~ age + sex, lung, ties = "efron", control = coxph.control(eps = 1e-10))
  ties <- coxph(Surv(fine, dead) ~ age + sex, lung, ties = "exact", control = coxph.control(eps = 1e-10))
  rows <- function(fit, link) out("lung", "survival(fine, dead) ~ age + sex", "duration", link, "survival",
                                  paste0("mean:", names(coef(fit))), coef(fit), sqrt(diag(vcov(fit))))
  rbind(rows(times, "cloglog"), rows(ties, "logit"))
}

intervals <- Surv(low, high, type = "interval2") ~ Days
table <- rbind(
  survreg_rows("sleep", sleep, "cens(low, high) ~ Days", intervals, "gaussian", "identity"),
  survreg_rows("sleep", sleep, "cens(low, high) ~ Days", intervals, "lognormal", "identity"),
  survreg_rows("sleep", sleep, "cens(low, high) ~ Days", intervals, "weibull", "log"),
  survreg_rows("tobin", tobin, "cens(durable, lower=0) ~ age + quant", Surv(durable, durable > 0, type = "left") ~ age + quant,
               "gaussian", "identity"),
  survreg_rows("lung", lung, "survival(time, dead) ~ age + sex", Surv(time, dead) ~ age + sex, "lognormal", "identity"),
  survreg_rows("lung", lung, "survival(time, dead) ~ age + sex", Surv(time, dead) ~ age + sex, "weibull", "log"),
  survreg_rows("lung", lung, "survival(time, dead) ~ age", Surv(time, dead) ~ age, "weibull", "log", weights = "sex"),
  do.call(rbind, lapply(c("logit", "probit", "cloglog"), glm_rows)), curve_rows(),
  do.call(rbind, lapply(c("logit", "probit", "cloglog"), tmb_rows)), cox_rows())
write.csv(table, commandArgs(trailingOnly = TRUE)[1], row.names = FALSE, na = "")
