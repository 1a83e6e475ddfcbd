// Questions to the server that holds the fit: typed-in values, predictions with their intervals.
"use strict";

(() => {
  const numbers = JSON.parse(document.getElementById("numbers").textContent);
  const form = document.getElementById("question"), answer = document.getElementById("answer");
  const known = Object.fromEntries(numbers.inputs.map((one) => [one.name, one]));

  function make(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function choice(name, options) {
    const select = make("select", { name });
    for (const [value, text] of options) select.append(make("option", { value }, text));
    form.append(make("label", {}, name, select));
  }

  // Known levels are offered; what is typed in is the server's to judge.
  function text(name, value, hint, levels = []) {
    const list = `levels of ${name}`, input = make("input", { name, value, placeholder: hint });
    const label = make("label", {}, name, input);
    if (levels.length) {
      input.setAttribute("list", list);
      label.append(make("datalist", { id: list }, ...levels.map((value) => make("option", { value }))));
    }
    form.append(label);
  }

  choice("prediction", [["marginal", "averaged over random effects"],
    ["median", "random effects at zero"], ["cluster", "of the levels below"]]);
  for (const name of numbers.covariates)
    text(name, known[name]?.value ?? "", "a value", known[name]?.levels);
  for (const name of numbers.groups) text(name, "", "a level, or nothing");
  form.append(make("button", { type: "submit" }, "Predict"));

  function table({ columns, rows }) {
    const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
    const cell = (value) => (typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value));
    const body = rows.map((row) => make("tr", {}, ...row.map((value) => make("td", {}, cell(value)))));
    return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  }

  async function ask() {
    const given = Object.fromEntries(new FormData(form));
    const { prediction, ...values } = given;
    const response = await fetch("predict", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ kind: prediction, values }),
    });
    return response.json();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const found = await ask();
      if (found.error) answer.replaceChildren(make("p", { class: "error" }, found.error));
      else answer.replaceChildren(table(found), ...(found.note ? [make("p", { class: "caveat" }, found.note)] : []));
    } catch (problem) {
      answer.replaceChildren(make("p", { class: "error" }, "The server does not answer: it was stopped, perhaps."));
    }
  });
})();
