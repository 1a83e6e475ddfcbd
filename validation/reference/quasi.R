# Penalized quasi-likelihood by MASS::glmmPQL, for tests/reference/quasi.csv.
#   Rscript validation/reference/quasi.R tests/reference/quasi.csv
# glmmPQL stops when the linear predictor moves by a thousandth, and lme's search ends early too. Here both go on
# until nothing moves: it is the function of MASS with another tolerance, a tighter lmeControl and more rounds.
# Needs MASS, nlme, lme4 and mlmRev.
suppressPackageStartupMessages({library(MASS); library(nlme)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "models.R"))

# It also keeps every factor of the data, which the crossed effects need.
text <- sub("1e-06", "1e-26", deparse(glmmPQL), fixed = TRUE)
text <- sub("names(random), ", "names(random), names(Filter(is.factor, data)), ", text, fixed = TRUE)
patient <- eval(parse(text = text))
tight <- lmeControl(maxIter = 500, msMaxIter = 500, tolerance = 1e-12, msTol = 1e-14, opt = "nlminb")

crossed <- function(d) transform(d, all = factor(1), visit = factor(week))
sources <- list(
  bacteria = function() crossed(bacteria()), orob2 = orob2, epil = epil, mmmec = mmmec,
  cbpp = from("lme4", "cbpp"), contraception = contraception, sleepstudy = from("lme4", "sleepstudy"))

# id, data set, fixed, random, family; the formula, family and link as mixeff writes them
rows <- list(
  list("bacteria", y ~ trt + late, ~ 1 | ID, binomial(),
       "y ~ trt + late + (1 | ID)", "bernoulli", "logit"),
  list("orob2", cbind(y, n - y) ~ seed * root, ~ 1 | o, binomial(),
       "cbind(y, failures) ~ seed * root + (1 | o)", "binomial", "logit"),
  list("orob2", cbind(y, n - y) ~ seed73 * cuc, ~ 1 | o, binomial(),
       "cbind(y, failures) ~ seed73 * cuc + (1 | o)", "binomial", "logit"),
  list("cbpp", cbind(incidence, size - incidence) ~ period, ~ 1 | herd, binomial(),
       "cbind(incidence, failures) ~ period + (1 | herd)", "binomial", "logit"),
  list("epil", y ~ lbase * trt + lage + visit, ~ 1 + visit | subject, poisson(),
       "y ~ lbase * trt + lage + visit + (1 + visit | subject)", "poisson", "log"),
  list("contraception", use ~ age + urban + livch, ~ 1 | district, binomial("probit"),
       "use ~ age + urban + livch + (1 | district)", "bernoulli", "probit"),
  list("sleepstudy", Reaction ~ Days, ~ 1 | Subject, Gamma("log"),
       "Reaction ~ Days + (1 | Subject)", "gamma", "log"),
  list("mmmec", deaths ~ uvb + offset(log(expected)), ~ 1 | nation / region, poisson(),
       "deaths ~ uvb + offset(log_expected) + (1 | nation) + (1 | region)", "poisson", "log"),
  list("bacteria", y ~ trt, list(all = pdBlocked(list(pdIdent(~ ID - 1), pdIdent(~ visit - 1)))),
       binomial(), "y ~ trt + (1 | ID) + (1 | week)", "bernoulli", "logit"))

deviations <- function(fit) {
  found <- lapply(fit$modelStruct$reStruct, function(part) {
    m <- as.matrix(part) * fit$sigma^2
    pairs <- which(lower.tri(m), arr.ind = TRUE)
    shown <- unique(round(diag(m), 14))
    if (length(diag(m)) > 4) return(sqrt(shown)) # the crossed one: a block each for IDs and visits
    c(sqrt(diag(m)), m[pairs])
  })
  unlist(rev(found), use.names = FALSE)
}

table <- do.call(rbind, lapply(rows, function(row) {
  data <- sources[[row[[1]]]]()
  fit <- patient(row[[2]], random = row[[3]], family = row[[4]], data = data, niter = 200,
                 control = tight, verbose = FALSE)
  beta <- fixef(fit); re <- deviations(fit)
  data.frame(
    dataset = row[[1]], formula = row[[5]], family = row[[6]], link = row[[7]],
    program = "MASS", version = as.character(packageVersion("MASS")),
    parameter = c(names(beta), rep("random", length(re)), "phi"),
    estimate = signif(c(beta, re, fit$sigma^2), 12),
    se = signif(c(sqrt(diag(fit$varFix)), rep(NA, length(re) + 1)), 12))
}))
write.csv(table, commandArgs(trailingOnly = TRUE)[1], row.names = FALSE, na = "")
