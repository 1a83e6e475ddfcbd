# The models of the frozen tables; validation/models.py has the same ids.
how <- function(program, method, nodes = 1) list(program = program, method = method, nodes = nodes)
laplace <- function(...) c(
  list(how("lme4", "laplace"), how("glmmTMB", "laplace")),
  lapply(c(...), function(k) how("lme4", "agq", k)))
# With a link that is not canonical glmer takes expected for observed curvature, which is another
# Laplace approximation; many nodes make both the same.
not_canonical <- function(nodes) list(how("glmmTMB", "laplace"), how("lme4", "agq", nodes))
linear <- list(how("lme4", "ml"), how("lme4", "reml"), how("glmmTMB", "ml"))

from <- function(package, name) function() {
  e <- new.env(); data(list = name, package = package, envir = e); e[[name]]
}
with_columns <- function(source, change) function() change(source())
logit <- binomial("logit")

contraception <- from("mlmRev", "Contraception")
epil <- with_columns(from("MASS", "epil"), function(d)
  transform(d, visit = (2 * period - 5) / 10, o = seq_along(y)))
bacteria <- with_columns(from("MASS", "bacteria"), function(d)
  transform(d, late = as.numeric(week > 2)))
ohio <- from("geepack", "ohio")
mmmec <- from("mlmRev", "Mmmec")
chem97 <- with_columns(from("mlmRev", "Chem97"), function(d)
  transform(d, high = as.numeric(score >= 8), score = as.numeric(score)))
# aod is not packaged for every system: its orob2 (Crowder 1978) is short enough to write down
orob2 <- function() {
  d <- data.frame(
    seed = rep(c("O75", "O73"), c(11, 10)),
    root = rep(c("BEAN", "CUCUMBER", "BEAN", "CUCUMBER"), c(5, 6, 5, 5)),
    y = c(10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3),
    n = c(39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7))
  transform(d, o = seq_along(y), seed73 = as.numeric(seed == "O73"),
            cuc = as.numeric(root == "CUCUMBER"))
}

model <- function(id, dataset, data, formula, family, how)
  list(id = id, dataset = dataset, data = data, formula = formula, family = family, how = how)

models <- list(
  model("cbpp", "cbpp", from("lme4", "cbpp"),
        cbind(incidence, size - incidence) ~ period + (1 | herd), logit, laplace(9)),
  model("contraception-intercept", "contraception", contraception,
        use ~ age + urban + livch + (1 | district), logit, laplace(20)),
  model("contraception-slope", "contraception", contraception,
        use ~ age + urban + livch + (1 + urban | district), logit, laplace()),
  model("contraception-probit", "contraception", contraception,
        use ~ age + urban + livch + (1 | district), binomial("probit"), not_canonical(20)),
  model("contraception-cloglog", "contraception", contraception,
        use ~ age + urban + livch + (1 | district), binomial("cloglog"), not_canonical(20)),
  model("verbagg", "verbagg", from("lme4", "VerbAgg"),
        r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item), logit, laplace()),
  model("ohio", "ohio", ohio, resp ~ age + smoke + (1 | id), logit, laplace(20, 50)),
  model("ohio-interaction", "ohio", ohio, resp ~ age * smoke + (1 | id), logit, laplace(20)),
  model("epil-intercept", "epil", epil, y ~ lbase * trt + lage + V4 + (1 | subject), poisson(),
        laplace(10, 25)),
  model("epil-observation", "epil", epil, y ~ lbase * trt + lage + V4 + (1 | subject) + (1 | o),
        poisson(), laplace()),
  model("epil-slope", "epil", epil, y ~ lbase * trt + lage + visit + (1 + visit | subject),
        poisson(), laplace()),
  model("bacteria", "bacteria", bacteria, y ~ trt + late + (1 | ID), logit, laplace(20)),
  model("orob2", "orob2", orob2, cbind(y, n - y) ~ seed * root + (1 | o), logit, laplace(20)),
  model("seeds", "orob2", orob2, cbind(y, n - y) ~ seed73 * cuc + (1 | o), logit, laplace(20)),
  model("mmmec-region", "mmmec", mmmec, deaths ~ uvb + offset(log(expected)) + (1 | region),
        poisson(), laplace(20)),
  model("mmmec-nation-region", "mmmec", mmmec,
        deaths ~ uvb + offset(log(expected)) + (1 | nation) + (1 | region), poisson(), laplace()),
  model("mmmec-null", "mmmec", mmmec,
        deaths ~ 1 + offset(log(expected)) + (1 | nation) + (1 | region) + (1 | county), poisson(),
        laplace()),
  model("grouseticks", "grouseticks", from("lme4", "grouseticks"),
        TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | INDEX) + (1 | LOCATION), poisson(), laplace()),
  model("sleepstudy", "sleepstudy", from("lme4", "sleepstudy"),
        Reaction ~ Days + (1 + Days | Subject), gaussian(), linear),
  model("sleepstudy-independent", "sleepstudy", from("lme4", "sleepstudy"),
        Reaction ~ Days + (1 | Subject) + (0 + Days | Subject), gaussian(),
        list(how("lme4", "ml"), how("lme4", "reml"))),
  model("sleepstudy-gamma", "sleepstudy", from("lme4", "sleepstudy"),
        Reaction ~ Days + (1 | Subject), Gamma("log"), list(how("glmmTMB", "laplace"))),
  model("penicillin", "penicillin", from("lme4", "Penicillin"),
        diameter ~ 1 + (1 | plate) + (1 | sample), gaussian(), linear),
  model("pastes", "pastes", from("lme4", "Pastes"),
        strength ~ 1 + (1 | batch / cask), gaussian(), linear),
  model("insteval", "insteval", from("lme4", "InstEval"),
        y ~ service + (1 | s) + (1 | d) + (1 | dept), gaussian(), linear),
  model("hsb82", "hsb82", from("mlmRev", "Hsb82"),
        mAch ~ meanses * cses + sector * cses + (1 + cses | school), gaussian(),
        list(how("lme4", "ml"), how("lme4", "reml"))), # glmmTMB 1.1.5 does not converge here
  model("chem97", "chem97", chem97,
        score ~ gender + age + gcsecnt + (1 | lea) + (1 | school), gaussian(), linear),
  model("chem97-logit", "chem97", chem97,
        high ~ gender + age + gcsecnt + (1 | lea) + (1 | school), logit, laplace())
)
names(models) <- vapply(models, function(m) m$id, "")
