# Response distributions by glmmTMB, ordinal and nnet, for tests/reference/families.csv.
#   Rscript validation/reference/families.R tests/reference/families.csv
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "tmb.R"))
suppressPackageStartupMessages({library(lme4); library(ordinal); library(nnet); library(MASS)})

data("Arabidopsis", package = "lme4"); data("cbpp", package = "lme4")
data("grouseticks", package = "lme4"); data("sleepstudy", package = "lme4"); data("wine", package = "ordinal")
Arabidopsis$fruits <- Arabidopsis$total.fruits; Arabidopsis$rich <- as.numeric(Arabidopsis$nutrient > 4)
Arabidopsis$clipped <- as.numeric(Arabidopsis$amd == "clipped")
sleepstudy$excess <- pmax(sleepstudy$Reaction - 250, 0) / 10 # of whole numbers the likelihood has no bound
cbpp$share <- (cbpp$incidence + 0.5) / (cbpp$size + 1)
sleepstudy$fast <- pmin(pmax((sleepstudy$Reaction - 210) / 200, 0), 1) # with zeros and ones
DATA <- list(arabidopsis = Arabidopsis, positive = subset(Arabidopsis, fruits > 0), cbpp = cbpp, grouseticks = grouseticks,
             sleepstudy = sleepstudy, epil = MASS::epil, quine = MASS::quine)

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
  list("sleepstudy", Reaction ~ Days + (1 | Subject), ~ 0, ~ Days, gaussian(), "gaussian", "half"),
  # Counts with many zeros: nb1, nb2, mixtures and hurdles, with and without a model of the dispersion.
  list("epil", y ~ trt + period + (1 | subject), ~ 0, ~ 1, nbinom1(), "nb1", "same"),
  list("epil", y ~ trt + period + (1 | subject), ~ 0, ~ trt, nbinom1(), "nb1", "same"),
  list("epil", y ~ trt + period + (1 | subject), ~ 0, ~ 1, nbinom2(), "nb2", "minus"),
  list("epil", y ~ trt + period + (1 | subject), ~ 0, ~ trt, nbinom2(), "nb2", "minus"),
  list("grouseticks", TICKS ~ YEAR + cHEIGHT + (1 | BROOD), ~ 0, ~ YEAR, nbinom2(), "nb2", "minus"),
  list("grouseticks", TICKS ~ YEAR + cHEIGHT + (1 | BROOD), ~ cHEIGHT, ~ 1, poisson(), "poisson", "same"),
  list("quine", Days ~ Eth + Lrn + (1 | Age), ~ 1, ~ 1, nbinom1(), "nb1", "same"),
  list("quine", Days ~ Eth + Lrn + (1 | Age), ~ 1, ~ Eth, nbinom1(), "nb1", "same"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ rich, ~ clipped, nbinom2(), "nb2", "minus"),
  list("grouseticks", TICKS ~ YEAR + cHEIGHT + (1 | LOCATION), ~ YEAR + (1 | LOCATION), ~ 1, truncated_nbinom1(),
       "truncated_nb1", "same"),
  list("grouseticks", TICKS ~ YEAR + cHEIGHT + (1 | LOCATION), ~ YEAR, ~ YEAR, truncated_nbinom2(), "truncated_nb2", "minus"),
  list("arabidopsis", fruits ~ rich + clipped + (1 | gen), ~ rich, ~ clipped, truncated_nbinom1(), "truncated_nb1", "same"),
  list("positive", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ 1, truncated_poisson(), "truncated_poisson", "same"),
  list("positive", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ clipped, truncated_nbinom2(), "truncated_nb2", "minus"),
  list("positive", fruits ~ rich + clipped + (1 | gen), ~ 0, ~ 1, truncated_genpois(), "truncated_genpois", "same"),
  list("epil", y ~ trt + period + (1 | subject), ~ 0, ~ trt, genpois(), "genpois", "same"),
  # The other families, where the rows above have them only with, or only without a model of the dispersion.
  list("sleepstudy", Reaction ~ Days + (1 | Subject), ~ 0, ~ 1, Gamma("log"), "gamma", "minus"),
  list("sleepstudy", Reaction ~ Days + (1 | Subject), ~ 0, ~ 1, t_family(), "student", "same",
       start = list(beta = c(250, 10), betad = 3, theta = 3.5, psi = 1.5)), # its own start ends near the normal distribution
  list("sleepstudy", excess ~ Days + (1 | Subject), ~ 0, ~ Days, tweedie(), "tweedie", "same"),
  list("sleepstudy", excess ~ Days + (1 | Subject), ~ Days, ~ 1, ziGamma("log"), "gamma", "minus"),
  list("sleepstudy", fast ~ Days + (1 | Subject), ~ 0, ~ 1, ordbeta(), "ordered_beta", "same",
       start = list(psi = c(-1, 1))),
  list("cbpp", share ~ period + (1 | herd), ~ 0, ~ 1, beta_family(), "beta", "same"))

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
