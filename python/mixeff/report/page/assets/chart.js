// A chart in SVG: curves or points along a covariate, or stacked probabilities of categories.
"use strict";

const Chart = (() => {
  const WIDTH = 640, HEIGHT = 380, EDGE = { left: 58, right: 14, top: 14, bottom: 44 };
  const STYLES = {
    marginal: { colour: "#0072B2", dash: "", name: "averaged over random effects" },
    median: { colour: "#D55E00", dash: "7 4", name: "random effects at zero" },
    held: { colour: "#8A5A83", dash: "2 3", name: "at the percentile" },
  };
  const SHADES = ["#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#5b6570"];
  const RAMP = [[237, 237, 190], [161, 218, 180], [65, 182, 196], [44, 127, 184], [37, 52, 148]];

  // Ordered categories go from light to dark.
  function shade(j, n, ordered) {
    if (!ordered) return SHADES[j % SHADES.length];
    const place = n > 1 ? (j / (n - 1)) * (RAMP.length - 1) : RAMP.length - 1;
    const k = Math.min(Math.floor(place), RAMP.length - 2);
    const mixed = RAMP[k].map((a, i) => Math.round(a + (place - k) * (RAMP[k + 1][i] - a)));
    return `rgb(${mixed.join(",")})`;
  }

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Round numbers that cover a range.
  function ticks(low, high, wanted = 5) {
    const size = (high - low || 1) / wanted, power = 10 ** Math.floor(Math.log10(size));
    const step = [1, 2, 5, 10].find((k) => k * power >= size * 0.999) * power;
    const first = Math.ceil(low / step - 1e-9);
    const found = [];
    for (let k = first; k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
    return found;
  }

  const short = (value) => String(Number(value.toPrecision(4))).replace("-", "−");

  // Places on the canvas of values along and up.
  function scales(along, low, high) {
    const right = WIDTH - EDGE.right, bottom = HEIGHT - EDGE.bottom;
    const y = (value) => bottom - ((value - low) / (high - low || 1)) * (bottom - EDGE.top);
    if (along.kind === "levels") {
      const width = (right - EDGE.left) / along.points.length;
      return { x: (value) => EDGE.left + width * (along.points.indexOf(value) + 0.5), y, width };
    }
    const [first, last] = [along.points[0], along.points[along.points.length - 1]];
    const x = (value) => EDGE.left + ((value - first) / (last - first || 1)) * (right - EDGE.left);
    return { x, y, width: 0 };
  }

  function axes(svg, along, low, high, { x, y }, names) {
    const right = WIDTH - EDGE.right, bottom = HEIGHT - EDGE.bottom;
    for (const value of ticks(low, high)) {
      svg.append(element("line", { class: "grid", x1: EDGE.left, x2: right, y1: y(value), y2: y(value) }));
      svg.append(element("text", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)));
    }
    const marks = along.kind === "levels" ? along.points : ticks(along.points[0], along.points.at(-1), 6);
    for (const value of marks)
      svg.append(element("text", { x: x(value), y: bottom + 18, "text-anchor": "middle" },
        along.kind === "levels" ? String(value) : short(value)));
    svg.append(element("path", { class: "axis", d: `M${EDGE.left} ${bottom}H${right}` }));
    svg.append(element("text", { class: "name", x: (EDGE.left + right) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, names.along));
  }

  const path = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(2)} ${b.toFixed(2)}`).join("");

  function marker(svg, along, at, { x }) {
    if (along.kind === "levels") return;
    svg.append(element("line", { class: "at", x1: x(at), x2: x(at), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
  }

  // A range that only grows, so that curves are seen to move.
  function range(series, probability, before) {
    const every = series.flat().filter(Number.isFinite);
    let [low, high] = [Math.min(...every), Math.max(...every)];
    if (probability) return [0, Math.max([0.02, 0.05, 0.1, 0.2, 0.5, 1].find((top) => top >= high), before[1])];
    if (low >= before[0] && high <= before[1]) return before;
    const room = 0.08 * (high - low || Math.abs(high) || 1);
    low = low >= 0 && low - room < 0 ? 0 : low - room;
    return [Math.min(low, before[0]), Math.max(high + room, before[1])];
  }

  // The interval of the average: a band, or bars at levels.
  function interval(svg, along, band, { x, y }) {
    const ends = band.map(([lower, upper], i) => [x(along.points[i]), y(lower), y(upper)])
      .filter((each) => each.every(Number.isFinite));
    const look = { "data-kind": "interval" }, colour = STYLES.marginal.colour;
    if (along.kind === "levels")
      for (const [a, lower, upper] of ends)
        svg.append(element("line", { ...look, x1: a, x2: a, y1: lower, y2: upper, stroke: colour, "stroke-width": 2 }));
    else if (ends.length) {
      const edge = [...ends.map(([a, , b]) => [a, b]), ...ends.map(([a, b]) => [a, b]).reverse()];
      svg.append(element("path", { ...look, d: `${path(edge)}Z`, fill: colour, "fill-opacity": 0.14 }));
    }
  }

  // One mean: a curve, or points at levels, for each way to hold the random effects.
  function means(svg, along, at, series, band, names, [low, high]) {
    const scale = scales(along, low, high);
    axes(svg, along, low, high, scale, names);
    interval(svg, along, band, scale);
    marker(svg, along, at, scale);
    for (const [kind, values] of Object.entries(series)) {
      const style = STYLES[kind];
      const points = along.points.map((v, i) => [scale.x(v), scale.y(values[i])])
        .filter(([, b]) => Number.isFinite(b));
      if (along.kind === "levels") {
        const shift = { marginal: 0, median: -0.14, held: 0.14 }[kind] * scale.width;
        for (const [a, b] of points)
          svg.append(element("circle", { "data-kind": kind, cx: a + shift, cy: b, r: 5, fill: kind === "marginal" ? style.colour : "#fff", stroke: style.colour, "stroke-width": 2 }));
      } else
        svg.append(element("path", { "data-kind": kind, d: path(points), fill: "none", stroke: style.colour, "stroke-width": 2.2, "stroke-dasharray": style.dash }));
    }
  }

  // Probabilities of categories, stacked from the first category up.
  function stacked(svg, along, at, rows, labels, names, colour) {
    const scale = scales(along, 0, 1), sums = rows.map(() => 0);
    axes(svg, along, 0, 1, scale, names);
    labels.forEach((label, j) => {
      const below = sums.slice();
      rows.forEach((row, i) => { sums[i] += row[j]; });
      const fill = { "data-kind": label, fill: colour(j) };
      if (along.kind === "levels")
        along.points.forEach((v, i) => svg.append(element("rect", { ...fill, x: scale.x(v) - 0.32 * scale.width, width: 0.64 * scale.width, y: scale.y(sums[i]), height: Math.max(0, scale.y(below[i]) - scale.y(sums[i])) })));
      else {
        const place = (heights) => along.points.map((v, i) => [scale.x(v), scale.y(heights[i])]);
        svg.append(element("path", { ...fill, d: `${path([...place(sums), ...place(below).reverse()])}Z` }));
      }
    });
    marker(svg, along, at, scale);
  }

  const canvas = (title) =>
    element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });

  return { canvas, element, means, range, shade, short, stacked, STYLES };
})();
