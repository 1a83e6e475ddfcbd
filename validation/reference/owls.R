# Owls and Salamanders of glmmTMB, whose licence keeps them out of this repository and which no Python package has.
#   Rscript validation/reference/owls.R OUT
# writes OUT/owls.csv, OUT/salamanders.csv (the data) and OUT/estimates.csv, for `python -m validation.owls OUT`.
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "tmb.R"))
data("Owls", package = "glmmTMB"); data("Salamanders", package = "glmmTMB")

# Levels in the order of the alphabet, as they are read from a file.
plain <- function(data) { f <- sapply(data, is.factor); data[f] <- lapply(data[f], function(x) factor(as.character(x))); data }
DATA <- list(owls = plain(Owls), salamanders = plain(Salamanders))

calls <- SiblingNegotiation ~ FoodTreatment * SexParent + offset(log(BroodSize)) + (1 | Nest)
found <- count ~ spp + mined + (1 | site)
MODELS <- list(
  list("owls", calls, ~ 0, ~ 1, nbinom1(), "nb1", "same"),
  list("owls", calls, ~ 0, ~ FoodTreatment, nbinom1(), "nb1", "same"),
  list("owls", calls, ~ 0, ~ 1, nbinom2(), "nb2", "minus"),
  list("owls", calls, ~ 0, ~ FoodTreatment, nbinom2(), "nb2", "minus"),
  list("owls", calls, ~ 1, ~ 1, poisson(), "poisson", "same"),
  list("owls", calls, ~ FoodTreatment + (1 | Nest), ~ 1, poisson(), "poisson", "same"),
  list("owls", calls, ~ FoodTreatment, ~ 1, nbinom1(), "nb1", "same"),
  list("owls", calls, ~ FoodTreatment, ~ FoodTreatment, nbinom1(), "nb1", "same"),
  list("owls", calls, ~ FoodTreatment, ~ 1, nbinom2(), "nb2", "minus"),
  list("owls", calls, ~ FoodTreatment, ~ SexParent, nbinom2(), "nb2", "minus"),
  list("owls", calls, ~ FoodTreatment + (1 | Nest), ~ 1, truncated_poisson(), "truncated_poisson", "same"),
  list("owls", calls, ~ FoodTreatment, ~ 1, truncated_nbinom1(), "truncated_nb1", "same"),
  list("owls", calls, ~ FoodTreatment, ~ FoodTreatment, truncated_nbinom2(), "truncated_nb2", "minus"),
  list("owls", calls, ~ 1, ~ 1, genpois(), "genpois", "same"),
  list("salamanders", found, ~ 0, ~ 1, nbinom1(), "nb1", "same"),
  list("salamanders", found, ~ 0, ~ mined, nbinom1(), "nb1", "same"),
  list("salamanders", found, ~ 0, ~ 1, nbinom2(), "nb2", "minus"),
  list("salamanders", found, ~ 0, ~ DOY, nbinom2(), "nb2", "minus"),
  list("salamanders", found, ~ spp + mined, ~ 1, poisson(), "poisson", "same"),
  list("salamanders", found, ~ mined, ~ 1, nbinom1(), "nb1", "same"),
  list("salamanders", found, ~ mined, ~ 1, nbinom2(), "nb2", "minus"),
  list("salamanders", found, ~ mined, ~ DOY, nbinom2(), "nb2", "minus"),
  list("salamanders", found, ~ spp + mined, ~ 1, truncated_poisson(), "truncated_poisson", "same"),
  list("salamanders", found, ~ spp + mined, ~ 1, truncated_nbinom1(), "truncated_nb1", "same"),
  list("salamanders", found, ~ spp + mined + (1 | site), ~ 1, truncated_nbinom2(), "truncated_nb2", "minus"),
  list("salamanders", found, ~ spp + mined, ~ DOY, truncated_nbinom2(), "truncated_nb2", "minus"))

out <- commandArgs(trailingOnly = TRUE)[1]
dir.create(out, showWarnings = FALSE, recursive = TRUE)
for (name in names(DATA)) write.csv(DATA[[name]], file.path(out, paste0(name, ".csv")), row.names = FALSE)
write.csv(do.call(rbind, lapply(MODELS, tmb)), file.path(out, "estimates.csv"), row.names = FALSE, na = "")
