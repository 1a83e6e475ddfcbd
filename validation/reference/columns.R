# What the data of every model are in R, column by column, to check that Python reads the same.
#   Rscript validation/reference/columns.R OUT.csv
# A factor is its levels in order (their number, where they are many) and codes by first appearance;
# every column is weighted by its row number too, so that the order of the rows counts.
args <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R")); source(file.path(here, "models.R"))
column <- function(dataset, name, x) {
  codes <- if (is.factor(x) || is.character(x)) match(x, unique(x)) else as.numeric(x)
  in_formula_order <- if (is.factor(x)) levels(x) else if (is.character(x)) sort(unique(x))
  few <- length(in_formula_order) <= 12
  data.frame(dataset = dataset, column = name, kind = if (is.null(in_formula_order)) "number" else "factor",
             levels = if (few) paste(in_formula_order, collapse = "|") else length(in_formula_order),
             rows = length(x), total = signif(sum(codes), 13), weighted = signif(sum(codes * seq_along(x)), 13))
}
seen <- list()
for (m in models) {
  data <- m$data()
  for (name in intersect(all.vars(m$formula), names(data)))
    seen[[paste(m$dataset, name)]] <- column(m$dataset, name, data[[name]])
}
write.csv(do.call(rbind, seen), args[1], row.names = FALSE)
