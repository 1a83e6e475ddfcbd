# What R makes of fitted models, for tests/reference/reading.csv.
#   Rscript validation/reference/reading.R tests/reference/reading.csv
# Nakagawa's R2, the adjusted intraclass correlation, and the variances they are made of, by performance and insight;
# a binomial model with a random effect for each row, by glmmTMB. `mean` is where insight takes the variance of an
# observation: the exponential of the null model's intercept.
suppressPackageStartupMessages({library(lme4); library(glmmTMB); library(performance); library(insight)})
data("cbpp", package = "lme4"); data("grouseticks", package = "lme4"); data("sleepstudy", package = "lme4")
cbpp$row <- factor(seq_len(nrow(cbpp)))

versions <- function(...) paste(sapply(c(...), function(p) paste(p, packageVersion(p))), collapse = ", ")
line <- function(model, quantity, value, program)
  data.frame(model = model, quantity = quantity, value = unname(as.numeric(value)), program = program)

reading <- function(model, fit, null = NULL) suppressWarnings({
  program <- versions("performance", "insight", if (inherits(fit, "glmmTMB")) "glmmTMB" else "lme4")
  r2 <- r2_nakagawa(fit); parts <- get_variance(fit)
  names <- c("marginal", "conditional", "icc", "fixed", "random", "residual", "mean")
  mean <- if (is.null(null)) NA else exp(if (is.list(fixef(null))) fixef(null)$cond else fixef(null))
  values <- c(r2$R2_marginal, r2$R2_conditional, icc(fit)$ICC_adjusted, parts$var.fixed, parts$var.random,
              parts$var.residual, mean)
  line(model, names, values, program)
})

rows <- glmmTMB(cbind(incidence, size - incidence) ~ period + (1 | herd) + (1 | row), cbpp, binomial)
values <- c(fixef(rows)$cond, sqrt(unlist(VarCorr(rows)$cond)), logLik(rows))
names(values) <- c("intercept", "period2", "period3", "period4", "sd herd", "sd row", "llf")

table <- rbind(
  line("binomial with rows", names(values), values, versions("glmmTMB")),
  reading("binomial", glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial)),
  reading("slopes", lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE)),
  reading("poisson", glmer(TICKS ~ YEAR + (1 | BROOD), grouseticks, poisson),
          glmer(TICKS ~ 1 + (1 | BROOD), grouseticks, poisson)),
  reading("nb2", glmmTMB(TICKS ~ YEAR + (1 | BROOD), grouseticks, nbinom2),
          glmmTMB(TICKS ~ 1 + (1 | BROOD), grouseticks, nbinom2)),
  reading("nb1", glmmTMB(TICKS ~ YEAR + (1 | BROOD), grouseticks, nbinom1),
          glmmTMB(TICKS ~ 1 + (1 | BROOD), grouseticks, nbinom1)))
write.csv(table, commandArgs(TRUE)[1], row.names = FALSE)
