# Estimated marginal means and their contrasts by emmeans, of models fitted by glmmTMB (Laplace) and clmm,
# with normal quantiles.
#   Rscript validation/reference/emmeans.R OUT.csv
# Scale "link" averages linear predictors; "response" averages predictions (regrid).
args <- commandArgs(trailingOnly = TRUE)
suppressPackageStartupMessages({library(glmmTMB); library(emmeans); library(ordinal)})
set.seed(1) # mvt integrates by random points
tight <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 3000, rel.tol = 1e-14, x.tol = 1e-10))

out <- list()
add <- function(model, what, scale, adjust, object) {
  object <- update(object, df = Inf) # normal, as the delta method is; glmmTMB would say rows less coefficients
  s <- as.data.frame(summary(object, infer = c(TRUE, TRUE), adjust = adjust, level = 0.95))
  value <- intersect(c("emmean", "estimate", "prob", "rate", "response"), names(s))[1]
  lower <- intersect(c("asymp.LCL", "lower.CL"), names(s))[1]
  upper <- intersect(c("asymp.UCL", "upper.CL"), names(s))[1]
  ids <- setdiff(names(s)[seq_len(which(names(s) == value) - 1)], "")
  label <- do.call(paste, c(lapply(s[ids], as.character), sep = "; "))
  out[[length(out) + 1]] <<- data.frame(
    model = model, what = what, scale = scale, adjust = adjust, row = label,
    estimate = s[[value]], se = s$SE, lower = s[[lower]], upper = s[[upper]],
    p_value = if ("p.value" %in% names(s)) s$p.value else NA)
}
means <- function(model, fit, specs, name) {
  link <- emmeans(fit, specs); response <- regrid(link)
  full <- regrid(ref_grid(fit)); averaged <- emmeans(full, specs)
  add(model, name, "link", "none", link)
  add(model, name, "response", "none", averaged)
  add(model, paste("pairs", name), "link", "none", pairs(link, reverse = TRUE))
  add(model, paste("pairs", name), "response", "none", pairs(averaged, reverse = TRUE))
}

data("cbpp", package = "lme4")
cbpp_fit <- glmmTMB(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = tight)
means("cbpp", cbpp_fit, ~ period, "period")
link <- emmeans(cbpp_fit, ~ period)
for (adjust in c("tukey", "bonferroni", "sidak", "holm", "fdr", "mvt"))
  add("cbpp", "pairs period", "link", adjust, pairs(link, reverse = TRUE))
add("cbpp", "consec period", "link", "none", contrast(link, "consec"))
add("cbpp", "reference period", "link", "none", contrast(link, "trt.vs.ctrl"))
add("cbpp", "mean period", "link", "none", contrast(link, "eff"))

data("Contraception", package = "mlmRev")
contraception <- transform(Contraception, used = as.numeric(use == "Y"))
use <- glmmTMB(used ~ age + I(age^2) + urban * livch + (1 + urban | district), contraception, binomial,
               control = tight)
means("contraception", use, ~ livch, "livch")
means("contraception", use, ~ urban, "urban")
within <- emmeans(use, ~ urban | livch)
add("contraception", "urban within livch", "link", "none", within)
add("contraception", "pairs urban within livch", "link", "none", pairs(within, reverse = TRUE))
add("contraception", "urban proportional", "link", "none", emmeans(use, ~ urban, weights = "proportional"))
add("contraception", "livch by tukey within urban", "link", "tukey",
    pairs(emmeans(use, ~ livch | urban), reverse = TRUE))

data("wine", package = "ordinal")
wine_fit <- clmm(rating ~ temp + contact + (1 | judge), wine, control = clmm.control(gradTol = 1e-7))
add("wine", "rating within temp", "response", "none", emmeans(wine_fit, ~ rating | temp, mode = "prob"))

table <- do.call(rbind, out)
numbers <- c("estimate", "se", "lower", "upper", "p_value")
table[numbers] <- lapply(table[numbers], signif, digits = 9)
table$program <- paste("emmeans", packageVersion("emmeans"))
write.csv(table, args[1], row.names = FALSE, na = "")
