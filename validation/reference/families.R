# Response distributions by glmmTMB, ordinal and nnet, for tests/reference/families.csv.
#   Rscript validation/reference/families.R tests/reference/families.csv
# Parameters: the coefficients of the linear predictors in mixeff's order (dispersions on mixeff's scale, see `into`),
# then the standard deviations and covariances of the random effects, then logLik.
suppressPackageStartupMessages({library(lme4); library(glmmTMB); library(ordinal); library(nnet); library(MASS)})

data("Arabidopsis", package = "lme4"); data("cbpp", package = "lme4")
data("grouseticks", package = "lme4"); data("sleepstudy", package = "lme4"); data("wine", package = "ordinal")
Arabidopsis$fruits <- Arabidopsis$total.fruits; Arabidopsis$rich <- as.numeric(Arabidopsis$nutrient > 4)
Arabidopsis$clipped <- as.numeric(Arabidopsis$amd == "clipped")
sleepstudy$excess <- pmax(sleepstudy$Reaction - 250, 0) / 10 # of whole numbers the likelihood has no bound
cbpp$share <- (cbpp$incidence + 0.5) / (cbpp$size + 1)
positive <- subset(Arabidopsis, fruits > 0)
tight <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 3000, rel.tol = 1e-14, x.tol = 1e-10))

`%||%` <- function(a, b) if (is.null(a) || is.na(a)) b else a

# What turns glmmTMB's dispersion predictor into mixeff's: same, other sign, half or double.
into <- list(same = function(x) x, minus = function(x) -x, half = function(x) x / 2, twice = function(x) 2 * x)

# id, data set, R's formulas, family, mixeff's formula and family, dispersion formula, how its coefficients turn
F <- list(
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ 1, nbinom2(), "nb2", "minus"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ clipped, nbinom2(), "nb2", "minus"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ 1, nbinom1(), "nb1", "same"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ 1, ~ 1, poisson(), "poisson", "same"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ rich, ~ 1, nbinom2(), "nb2", "minus"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ rich, ~ 1, truncated_nbinom2(), "truncated_nb2", "minus"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ rich + (1 | gen), ~ 1, truncated_poisson(),
       "truncated_poisson", "same"),
  list("positive", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ 1, truncated_nbinom1(), "truncated_nb1", "same"),
  list("grouseticks", TICKS ~ YEAR + (1 | BROOD), ~ 0, ~ 1, genpois(), "genpois", "same"),
  list("grouseticks", TICKS ~ YEAR + (1 | BROOD), ~ 0, ~ 1, compois(), "compois", "same"),
  list("sleepstudy", excess ~ Days + (1 | Subject), ~ 0, ~ 1, tweedie(), "tweedie", "same"),
  list("cbpp", cbind(incidence, size - incidence) ~ period + (1 | herd), ~ 0, ~ 1, betabinomial(), "beta_binomial", "same"),
  list("cbpp", share ~ period + (1 | herd), ~ 0, ~ period, beta_family(), "beta", "same"),
  list("sleepstudy", Reaction ~ Days + (1 | Subject), ~ 0, ~ Days, Gamma("log"), "gamma", "minus"),
  list("sleepstudy", Reaction ~ Days + (1 | Subject), ~ 0, ~ Days, gaussian(), "gaussian", "half"))

text <- function(f) paste(deparse(f, width.cutoff = 500), collapse = "")

tmb <- function(row) {
  data <- if (row[[1]] == "positive") positive else get(c(arabidopsis = "Arabidopsis")[row[[1]]] %||% row[[1]])
  fit <- suppressWarnings(tryCatch(
    glmmTMB(row[[2]], data, row[[5]], ziformula = row[[3]], dispformula = row[[4]], control = tight),
    error = function(e) NULL))
  if (is.null(fit) || is.na(logLik(fit))) return(NULL)
  full <- vcov(fit, full = TRUE); se <- sqrt(diag(full))
  beta <- fixef(fit); turn <- into[[row[[7]]]]
  scale <- abs(turn(1))
  n <- lengths(beta)
  where <- function(key) grep(paste0("^", key), rownames(full))
  disp <- if (length(beta$disp)) turn(beta$disp) else numeric(0)
  sds <- unlist(lapply(c(VarCorr(fit)$cond, VarCorr(fit)$zi), function(s) attr(s, "stddev")))
  shape <- if (row[[6]] == "tweedie") fit$fit$par["thetaf"] %||% fit$fit$par["psi"] else NULL
  parameter <- c(paste0("mean:", names(beta$cond)), if (length(disp)) paste0("dispersion:", names(beta$disp)),
                 if (length(beta$zi)) paste0("zero:", names(beta$zi)), rep("sd", length(sds)), "logLik")
  value <- c(beta$cond, disp, beta$zi, sds, as.numeric(logLik(fit)))
  cond_se <- sqrt(diag(vcov(fit)$cond)); zi_se <- if (length(beta$zi)) sqrt(diag(vcov(fit)$zi))
  data.frame(dataset = row[[1]], formula = text(row[[2]]), zero = text(row[[3]]), dispersion = text(row[[4]]),
             family = row[[6]], link = row[[5]]$link, nodes = 1, program = "glmmTMB",
             version = as.character(packageVersion("glmmTMB")), parameter = parameter, estimate = signif(value, 12),
             se = signif(c(cond_se, rep(NA, length(disp)), zi_se, rep(NA, length(sds) + 1)), 12))
}

# clmm of ordinal 2022.11-16 takes loglog for cloglog and the other way round: its log-likelihoods without random
# effects are those of clm and MASS::polr with the other link.
asked <- c(logit = "logit", probit = "probit", cloglog = "loglog")

clm <- function(link, nodes) {
  fit <- clmm(rating ~ temp + contact + (1 | judge), wine, link = asked[[link]], nAGQ = nodes,
              control = clmm.control(grtol = 1e-10, gradTol = 1e-10))
  theta <- fit$alpha; beta <- fit$beta; se <- sqrt(diag(vcov(fit)))
  data.frame(dataset = "wine", formula = "rating ~ temp + contact + (1 | judge)", zero = "~0", dispersion = "~1",
             family = "cumulative", link = link, nodes = nodes, program = "ordinal",
             version = as.character(packageVersion("ordinal")),
             parameter = c(paste0("mean:", names(beta)), paste0("threshold:", names(theta)), "sd", "logLik"),
             estimate = signif(c(beta, theta, fit$ST[[1]][1], as.numeric(logLik(fit))), 12),
             se = signif(c(se[names(beta)], se[names(theta)], NA, NA), 12))
}

flat <- function() {
  fit <- multinom(rating ~ temp + contact, wine, trace = FALSE, maxit = 2000, reltol = 1e-16, abstol = 1e-12)
  b <- coef(fit)
  data.frame(dataset = "wine", formula = "rating ~ temp + contact", zero = "~0", dispersion = "~1",
             family = "multinomial", link = "logit", nodes = 1, program = "nnet",
             version = as.character(packageVersion("nnet")), parameter = "logLik",
             estimate = signif(as.numeric(logLik(fit)), 12), se = NA)
}

tables <- c(lapply(F, tmb), lapply(c("logit", "probit", "cloglog"), clm, nodes = 1),
            lapply(c("logit", "probit"), clm, nodes = 10), list(flat()))
write.csv(do.call(rbind, tables), commandArgs(trailingOnly = TRUE)[1], row.names = FALSE, na = "")
