# Rows of the frozen tables: one estimate a row, with the program, its version and the method.
suppressPackageStartupMessages({library(lme4); library(glmmTMB)})

versions <- function(package) as.character(packageVersion(package))

rows <- function(model, program, version, method, nodes, parameter, estimate, se = NA_real_) {
  data.frame(model = model$id, program = program, version = version, method = method,
             nodes = nodes, parameter = parameter, estimate = as.numeric(estimate),
             se = as.numeric(se))
}

# vc:group:a is a variance, vc:group:a,b a covariance, vc:Residual the residual variance.
variance_name <- function(group, a, b) {
  group <- sub("\\.[0-9]+$", "", group) # a second term of the same factor is Subject.1 in lme4
  ifelse(group == "Residual", "vc:Residual",
         paste0("vc:", group, ":", a, ifelse(is.na(b), "", paste0(",", b))))
}

# The saturated log-density, which glmer's logLik leaves out when nAGQ > 1.
saturated <- function(fit) {
  y <- model.response(model.frame(fit)); family <- family(fit)$family
  if (family == "poisson") return(sum(dpois(y, y, log = TRUE)))
  if (family != "binomial" || !is.matrix(y)) return(0)
  sum(dbinom(y[, 1], rowSums(y), y[, 1] / rowSums(y), log = TRUE))
}

lme4_rows <- function(model, fit, method, nodes) {
  vc <- as.data.frame(VarCorr(fit))
  constant <- if (nodes > 1) saturated(fit) else 0
  make <- function(...) rows(model, "lme4", versions("lme4"), method, nodes, ...)
  rbind(make(names(fixef(fit)), fixef(fit), sqrt(diag(as.matrix(vcov(fit))))),
        make(variance_name(vc$grp, vc$var1, vc$var2), vc$vcov),
        make("logLik", as.numeric(logLik(fit)) + constant))
}

# glmmTMB works with log standard deviations, so those of single effects get a standard error.
tmb_rows <- function(model, fit, method) {
  make <- function(...) rows(model, "glmmTMB", versions("glmmTMB"), method, 1, ...)
  beta <- fixef(fit)$cond
  out <- make(names(beta), beta, sqrt(diag(vcov(fit)$cond)))
  for (group in names(VarCorr(fit)$cond)) {
    s <- VarCorr(fit)$cond[[group]]; pairs <- which(lower.tri(s), arr.ind = TRUE)
    out <- rbind(out, make(paste0("vc:", group, ":", rownames(s)), diag(s)))
    if (nrow(pairs)) out <- rbind(out, make(
      paste0("vc:", group, ":", rownames(s)[pairs[, 2]], ",", rownames(s)[pairs[, 1]]), s[pairs]))
  }
  theta <- fit$fit$par[names(fit$fit$par) == "theta"]
  if (length(theta) == length(VarCorr(fit)$cond)) {
    full <- fit$sdr$cov.fixed; k <- which(rownames(full) == "theta")
    out <- rbind(out, make(paste0("sd:", names(VarCorr(fit)$cond), ":(Intercept)"),
                           exp(theta), exp(theta) * sqrt(diag(full)[k])))
  }
  if (family(fit)$family == "gaussian") out <- rbind(out, make("vc:Residual", sigma(fit)^2))
  if (family(fit)$family == "Gamma") out <- rbind(out, make("phi", sigma(fit)^2))
  rbind(out, make("logLik", as.numeric(logLik(fit))))
}

# Tolerances far below the defaults: the frozen numbers should be the optimum, not near it.
# At these, nlminb ends glmmTMB's searches with "singular convergence (7)": it can go no further.
tight_glmer <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-12, calc.derivs = TRUE,
                            optCtrl = list(maxfun = 1e6, rhobeg = 0.05, rhoend = 1e-8))
tight_lmer <- lmerControl(optimizer = "bobyqa", calc.derivs = FALSE,
                          optCtrl = list(maxfun = 1e6, rhoend = 1e-9))
tight_tmb <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 3000, rel.tol = 1e-14,
                                           x.tol = 1e-10))

controls <- list(
  tight = list(lmer = tight_lmer, glmer = tight_glmer, tmb = tight_tmb),
  default = list(lmer = lmerControl(), glmer = glmerControl(), tmb = glmmTMBControl()))

fit_lme4 <- function(model, method, nodes, control) {
  data <- model$data()
  if (model$family$family == "gaussian")
    return(lmer(model$formula, data, REML = method == "reml", control = control$lmer))
  glmer(model$formula, data, model$family, nAGQ = nodes, control = control$glmer)
}

fit_tmb <- function(model, method, control) suppressWarnings(
  glmmTMB(model$formula, model$data(), model$family, REML = method == "reml", control = control$tmb))

reference <- function(model, control) do.call(rbind, lapply(model$how, function(how) {
  if (how$program == "glmmTMB")
    return(tmb_rows(model, fit_tmb(model, how$method, control), how$method))
  lme4_rows(model, fit_lme4(model, how$method, how$nodes, control), how$method, how$nodes)
}))
