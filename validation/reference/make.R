# Make the R rows of the frozen tables anew.
#   Rscript validation/reference/make.R OUT [--default] [MODEL ...]
# writes OUT/MODEL.csv for the models named (all of them without names), with tolerances far below
# the defaults, or with the defaults. Needs lme4, glmmTMB, mlmRev, MASS and geepack;
# `python -m validation.freeze` puts the rows into tests/reference.
args <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R")); source(file.path(here, "models.R"))
control <- controls[[if ("--default" %in% args) "default" else "tight"]]
args <- setdiff(args, "--default")
wanted <- if (length(args) > 1) args[-1] else names(models)
dir.create(args[1], showWarnings = FALSE, recursive = TRUE)
for (id in wanted) {
  started <- Sys.time()
  table <- reference(models[[id]], control)
  table$dataset <- models[[id]]$dataset
  table$formula <- gsub("\\s+", " ", paste(deparse(models[[id]]$formula), collapse = " "))
  numbers <- c("estimate", "se")
  table[numbers] <- lapply(table[numbers], signif, digits = 12)
  write.csv(table, file.path(args[1], paste0(id, ".csv")), row.names = FALSE, na = "")
  cat(sprintf("%-24s %6.1f s\n", id, as.numeric(Sys.time() - started, units = "secs")))
}
