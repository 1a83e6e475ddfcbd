# Rows of a table of response distributions by glmmTMB, from lists of: data set (a name in DATA), R's formulas of mean,
# zeros and dispersion, R's family, mixeff's, how the dispersion's coefficients turn into mixeff's; start =
# where the search does not find the maximum from its own start.
# Parameters: the coefficients of the linear predictors in mixeff's order (dispersions on mixeff's scale), then the standard
# deviations of the random effects, then logLik.
suppressPackageStartupMessages(library(glmmTMB))

tight <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 3000, rel.tol = 1e-14, x.tol = 1e-10))

# What turns glmmTMB's dispersion predictor into mixeff's: same, other sign, half or double.
into <- list(same = function(x) x, minus = function(x) -x, half = function(x) x / 2, twice = function(x) 2 * x)

text <- function(f) paste(deparse(f, width.cutoff = 500), collapse = "")

tmb <- function(row) {
  data <- DATA[[row[[1]]]]
  fit <- suppressWarnings(tryCatch(
    glmmTMB(row[[2]], data, row[[5]], ziformula = row[[3]], dispformula = row[[4]], control = tight,
            start = row$start),
    error = function(e) NULL))
  if (is.null(fit) || is.na(logLik(fit))) {
    message("glmmTMB finds no estimates: ", text(row[[2]]), ", zeros ", text(row[[3]]), ", dispersion ", text(row[[4]]), ", ", row[[6]])
    return(NULL)
  }
  beta <- fixef(fit); turn <- into[[row[[7]]]]
  disp <- if (length(beta$disp)) turn(beta$disp) else numeric(0)
  sds <- unlist(lapply(c(VarCorr(fit)$cond, VarCorr(fit)$zi), function(s) attr(s, "stddev")))
  parameter <- c(paste0("mean:", names(beta$cond)), if (length(disp)) paste0("dispersion:", names(beta$disp)),
                 if (length(beta$zi)) paste0("zero:", names(beta$zi)), rep("sd", length(sds)), "logLik")
  value <- c(beta$cond, disp, beta$zi, sds, as.numeric(logLik(fit)))
  cond_se <- sqrt(diag(vcov(fit)$cond)); zi_se <- if (length(beta$zi)) sqrt(diag(vcov(fit)$zi))
  data.frame(dataset = row[[1]], formula = text(row[[2]]), zero = text(row[[3]]), dispersion = text(row[[4]]),
             family = row[[6]], link = row[[5]]$link, nodes = 1, program = "glmmTMB",
             version = as.character(packageVersion("glmmTMB")), parameter = parameter, estimate = signif(value, 12),
             se = signif(c(cond_se, rep(NA, length(disp)), zi_se, rep(NA, length(sds) + 1)), 12))
}
