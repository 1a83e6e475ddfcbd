# Profile-likelihood confidence limits by lme4.
#   Rscript validation/reference/profile.R OUT.csv
suppressPackageStartupMessages(library(lme4))
rows <- function(model, fit) {
  limits <- confint(fit, method = "profile", oldNames = FALSE, quiet = TRUE)
  data.frame(model = model, program = "lme4", version = as.character(packageVersion("lme4")),
             parameter = rownames(limits), lower = limits[, 1], upper = limits[, 2])
}
linear <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE)
binomial <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, "binomial", nAGQ = 9)
write.csv(rbind(rows("sleepstudy", linear), rows("cbpp", binomial)),
          commandArgs(trailingOnly = TRUE)[1], row.names = FALSE)
