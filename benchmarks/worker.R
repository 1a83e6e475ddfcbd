# One R program on one case in a process of its own; the same protocol as worker.py.
# Rscript worker.R PACKAGE CASE.json DATA.csv
args <- commandArgs(trailingOnly = TRUE)
answer <- function(...) cat("@", jsonlite::toJSON(list(...), auto_unbox = TRUE, digits = 12), "\n", sep = "")
memory <- function(key) {
  line <- grep(paste0("^", key), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
case <- jsonlite::fromJSON(args[2])
package <- args[1]
ready <- tryCatch({
  suppressPackageStartupMessages(library(package, character.only = TRUE))
  data <- read.csv(args[3], stringsAsFactors = TRUE)
  for (name in c(case$groups, case$text)) data[[name]] <- factor(data[[name]])
  try(writeLines("5", "/proc/self/clear_refs"), silent = TRUE)
  answer(ready = TRUE, base_mb = memory("VmRSS"), rows = nrow(data))
  TRUE
}, error = function(e) { answer(absent = conditionMessage(e)); FALSE })
formula <- as.formula(case$formula)
tmb <- function(name, ...) get(name, asNamespace("glmmTMB"))(...)
family <- switch(case$family, bernoulli = binomial(), binomial = binomial(), poisson = poisson(),
                 gaussian = gaussian(), nb2 = tmb("nbinom2"), nb1 = tmb("nbinom1"), genpois = tmb("genpois"),
                 compois = tmb("compois"), truncated_poisson = tmb("truncated_poisson"),
                 truncated_nb2 = tmb("truncated_nbinom2"), gamma = tmb("ziGamma", "log"), beta = tmb("beta_family"),
                 beta_binomial = tmb("betabinomial"), tweedie = tmb("tweedie"), student = tmb("t_family"),
                 ordered_beta = tmb("ordbeta"), lognormal = gaussian())
# The search for the cutpoints of an ordered beta response needs a start of its own.
start <- switch(case$family, ordered_beta = list(psi = c(-1, 1)))
# A lognormal response is fitted as the logarithm of it.
if (case$family == "lognormal") formula <- update(formula, log(.) ~ .)

# glmer leaves the saturated log-density out when nAGQ > 1
saturated <- function() {
  if (case$family == "lognormal") return(-sum(log(data[[case$response]])))
  if (case$nodes == 1 || case$family %in% c("bernoulli", "cumulative")) return(0)
  y <- data[[case$response]]
  if (case$family == "poisson") return(sum(dpois(y, y, log = TRUE)))
  sum(dbinom(y, data[[case$trials]], y / data[[case$trials]], log = TRUE))
}
fit <- list(
  lme4 = function() {
    if (case$family == "gaussian") return(lmer(formula, data, REML = FALSE))
    glmer(formula, data, family, nAGQ = case$nodes)
  },
  glmmTMB = function() {
    if (case$nodes > 1) stop("no quadrature")
    glmmTMB(formula, data, family, ziformula = as.formula(case$zeros), dispformula = as.formula(case$dispersion),
            start = start)
  },
  ordinal = function() {
    if (case$family != "cumulative") stop("no such response")
    data[[case$response]] <- factor(data[[case$response]], ordered = TRUE)
    do.call(clmm, list(formula, data = data, nAGQ = case$nodes))
  })
whole <- function() { model <- fit[[package]](); vcov(model); model }

measure <- function(metric, seconds) {
  if (metric != "whole") return(answer(absent = paste("no", metric)))
  walls <- c(); cpus <- c()
  while (length(walls) == 0 || (sum(walls) < seconds && length(walls) < 25)) {
    t <- system.time(wall <- {
      start <- Sys.time(); model <- whole(); as.numeric(Sys.time() - start, units = "secs")
    })
    walls <- c(walls, wall); cpus <- c(cpus, t[["user.self"]] + t[["sys.self"]])
  }
  answer(wall = median(walls), cpu = median(cpus), calls = length(walls),
         llf = as.numeric(logLik(model)) + saturated(), peak_mb = memory("VmHWM"))
}
input <- file("stdin"); open(input)
while (ready && length(line <- readLines(input, 1)) > 0) {
  command <- strsplit(line, " ")[[1]]
  tryCatch(suppressMessages(suppressWarnings(measure(command[1], as.numeric(command[2])))),
           error = function(e) answer(absent = conditionMessage(e)))
}
