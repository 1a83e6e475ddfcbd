// The control: covariates and the percentile of the random effects, and the curves that follow.
"use strict";

(() => {
  const numbers = JSON.parse(document.getElementById("numbers").textContent);
  const model = numbers.model, root = document.getElementById("control");
  const form = root.querySelector("form"), chart = root.querySelector(".chart");
  const answers = root.querySelector(".answers");
  const isCategories = model.response.kind === "categories";
  const hasRandom = model.random.length > 0;
  const state = { at: { ...model.held }, percentile: 80, along: null, shown: "marginal" };
  for (const one of model.inputs) state.at[one.name] = one.value;
  state.along = model.inputs.length ? model.inputs[0].name : null;

  const KINDS = hasRandom
    ? [["marginal", "averaged over random effects"], ["median", "random effects at zero"],
      ["held", "at the percentile"]]
    : [["marginal", "predicted"]];

  // Inputs -------------------------------------------------------------------------------------

  function make(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function choice(label, options, chosen, style, change) {
    const select = make("select", { "aria-label": label });
    options.forEach(([value, text], i) => {
      select.append(make("option", { value: i }, text));
      if (value === chosen) select.selectedIndex = i;
    });
    select.addEventListener("change", () => { change(options[select.selectedIndex][0]); draw(); });
    form.append(make("label", { class: style }, label, select));
  }

  function slider(label, range, style, show, change) {
    const input = make("input", { type: "range", "aria-label": label, ...range });
    const output = make("output", {}, show(range.value));
    input.addEventListener("input", () => {
      output.textContent = show(input.value);
      change(Number(input.value));
      draw();
    });
    form.append(make("label", { class: style }, label, output, input));
  }

  function build() {
    const names = model.inputs.map((one) => [one.name, one.name]);
    if (names.length > 1)
      choice("along", names, state.along, "along", (name) => { state.along = name; });
    if (isCategories && hasRandom)
      choice("random effects", KINDS, state.shown, "", (kind) => { state.shown = kind; });
    for (const one of model.inputs) {
      const change = (value) => { state.at[one.name] = value; };
      if (one.kind === "levels")
        choice(one.name, one.levels.map((level) => [level, String(level)]), one.value, "", change);
      else
        slider(one.name, { min: one.low, max: one.high, step: one.step, value: one.value }, "",
          (value) => Number(value).toFixed(one.digits), change);
    }
    if (hasRandom)
      slider("percentile of random effects", { min: 1, max: 99, step: 1, value: 80 },
        "percentile", (value) => `${value} %`, (value) => { state.percentile = value; });
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  // Predictions --------------------------------------------------------------------------------

  const PREDICT = {
    marginal: (at) => Mixeff.marginal(model, at),
    median: (at) => Mixeff.conditional(model, at),
    held: (at) => Mixeff.conditional(model, at, state.percentile / 100),
  };

  function path() {
    const one = model.inputs.find(({ name }) => name === state.along);
    if (!one) return { kind: "levels", points: [""] };
    if (one.kind === "levels") return { kind: "levels", points: one.levels };
    const n = 61, width = one.high - one.low;
    const points = Array.from({ length: n }, (_, k) => one.low + (width * k) / (n - 1));
    return { kind: "number", points };
  }

  const OF = {
    marginal: () => Mixeff.averaged, median: () => Mixeff.held(0.5),
    held: () => Mixeff.held(state.percentile / 100),
  };

  // Estimates with the ends of their intervals, or alone where there are none.
  function uncertain(kind, at) {
    if (model.uncertainty) return Mixeff.intervals(model, at, OF[kind]());
    return PREDICT[kind](at).map((value) => [value]);
  }

  // Averages over several random effects at once take too long for a whole curve.
  const lies = new Set(model.random.flatMap((term) => term.places));
  const isBanded = model.uncertainty !== null && lies.size <= 1;

  const along = (value) => (state.along === null ? state.at : { ...state.at, [state.along]: value });

  const isProbability = /^Probability/.test(numbers.quantity);
  const colour = (j) => Chart.shade(j, model.response.labels.length, model.response.ordered);
  const ranges = {};

  function draw() {
    const title = numbers.quantity, where = path(), svg = Chart.canvas(title);
    const names = { along: state.along || "" }, now = state.at[state.along];
    if (isCategories) {
      const rows = where.points.map((value) => PREDICT[state.shown](along(value)));
      Chart.stacked(svg, where, now, rows, model.response.labels, names, colour);
    } else {
      const series = {}, before = ranges[state.along] || [Infinity, -Infinity];
      for (const [kind] of KINDS)
        series[kind] = where.points.map((value) => PREDICT[kind](along(value))[0]);
      const band = isBanded
        ? where.points.map((value) => uncertain("marginal", along(value))[0].slice(1)) : [];
      ranges[state.along] = Chart.range([...Object.values(series), ...band], isProbability, before);
      Chart.means(svg, where, now, series, band, names, ranges[state.along]);
    }
    chart.replaceChildren(make("p", { class: "line" }, title), svg);
    tell();
  }

  function show(value) {
    if (!Number.isFinite(value)) return "does not exist";
    return isProbability ? value.toFixed(3) : Chart.short(value);
  }

  // An interval stands beside a mean, and below each of several probabilities.
  function cells([value, ...ends]) {
    const words = ends.every(Number.isFinite) ? ends.map(show).join(" to ") : "";
    if (!ends.length) return [make("td", {}, show(value))];
    if (!isCategories)
      return [make("td", {}, show(value)), make("td", { class: "interval" }, words)];
    const below = make("span", { class: "interval" }, words);
    return [make("td", {}, make("span", { class: "estimate" }, show(value)), below)];
  }

  // The numbers at the chosen values, which are also the legend.
  function tell() {
    const body = KINDS.map(([kind, name]) => {
      const text = kind === "held" ? `${name} ${state.percentile} %` : name;
      return make("tr", { "data-kind": kind }, make("th", { scope: "row" }, line(kind), ` ${text}`),
        ...uncertain(kind, state.at).flatMap(cells));
    });
    const parts = [make("tbody", {}, ...body)];
    if (isCategories)
      parts.unshift(make("thead", {}, make("tr", {}, make("td"), ...model.response.labels.map(
        (label, j) => make("th", { scope: "col" }, swatch(j), ` ${label}`)))));
    else if (model.uncertainty)
      parts.unshift(make("thead", {}, make("tr", {}, make("td"),
        make("th", { scope: "col" }, "Estimate"), make("th", { scope: "col" }, numbers.interval))));
    answers.replaceChildren(make("table", {}, ...parts));
  }

  function icon(width, height, name, attributes) {
    const svg = Chart.element("svg", { width, height, "aria-hidden": "true" });
    svg.append(Chart.element(name, attributes));
    return svg;
  }

  function line(kind) {
    if (isCategories) return "";
    const { colour: stroke, dash } = Chart.STYLES[kind];
    return icon(30, 8, "path", { d: "M0 4H30", stroke, "stroke-width": 2.4, "stroke-dasharray": dash });
  }

  const swatch = (j) => icon(10, 10, "rect", { width: 10, height: 10, fill: colour(j) });

  build();
  draw();
})();
