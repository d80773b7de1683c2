"use strict";
// Shows the rows page by page. Values reach the document as text only; nothing is parsed as markup.
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = JSON.parse(byId("rows-data").textContent);
  const [form, list, pages] = ["filters", "list", "pages"].map(byId);
  const [project, action, search, size] = ["project", "action", "search", "size"].map(byId);
  const actions = [...action.options].map((option) => option.value);
  const labels = new Map([...action.options].map((option) => [option.value, option.dataset.says]));
  const cards = [...document.querySelectorAll("#collisions-section .card")];
  let first = 0;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // One side of two compared values: 0 what goes, 1 what stays.
  const value = (parts, side) => {
    const made = element("p", "value");
    for (const part of parts) {
      if (typeof part === "string") made.append(part);
      else if (typeof part === "number") {
        made.append(element("span", "note", ` \u2026 ${part.toLocaleString("en")} equal characters \u2026 `));
      } else {
        if (part[side]) made.append(element("mark", "", part[side]));
        const more = part[2 + side];
        if (more) made.append(element("span", "note", ` \u2026 ${more.toLocaleString("en")} more characters`));
      }
    }
    if (!made.textContent) made.append(element("span", "note", "empty"));
    return made;
  };

  const side = (says, key, status, parts, which) => {
    const made = element("div");
    const who = element("p", "who", `${says}: row `);
    who.append(element("bdi", "", key), " (", element("bdi", "", status), ")");
    made.append(who, value(parts, which));
    return made;
  };

  const card = (row) => {
    const made = element("li", "card");
    const what = element("p", "what");
    what.append(element("span", `badge ${row.action}`, labels.get(row.action)), ` ${row.table} `);
    if (row.key !== undefined) what.append("row ", element("bdi", "", row.key), " ");
    if (row.from !== undefined && row.from !== row.to) what.append(element("bdi", "name", row.from), " \u2192 ");
    what.append(element("bdi", "name", row.to));
    made.append(what);
    if (row.at) made.append(element("p", "at", row.at));
    for (const [column, parts] of row.left || []) {
      const sides = element("div", "sides");
      for (const [which, says] of ["left behind", "stays"].entries()) {
        const one = element("div");
        const who = element("p", "who", `${says}: `);
        who.append(element("bdi", "", column));
        one.append(who, value(parts, which));
        sides.append(one);
      }
      made.append(sides);
    }
    if (!row.says) return made;
    const sides = element("div", "sides");
    if (row.stays === undefined) sides.append(side("says", row.key, row.status, row.says, 0));
    else {
      sides.append(side("goes", row.key, row.status, row.says, 0));
      sides.append(side("stays", row.stays, row.stays_status, row.says, 1));
    }
    made.append(sides);
    return made;
  };

  const whole = (parts = [], which) => parts.map((part) => (Array.isArray(part) ? part[which] : part)).join("");
  const left = (row) => (row.left || []).flatMap(([column, parts]) => [column, whole(parts, 0), whole(parts, 1)]);
  const says = (row) => [whole(row.says, 0), whole(row.says, 1), ...left(row)];
  const text = (row) => [row.key, row.from, row.to, row.at, row.status, ...says(row)]
    .join("\n").toLowerCase();
  const texts = new Map(rows.map((row) => [row, text(row)]));

  const show = () => {
    const wanted = search.value.toLowerCase();
    const fits = (its, does, says) =>
      (!project.value || its === project.value) && (!action.value || does === action.value) && says.includes(wanted);
    for (const one of cards) {
      one.hidden = !fits(one.dataset.project, one.dataset.action, one.textContent.toLowerCase());
    }
    const found = rows.filter((row) => fits(row.to, row.action, texts.get(row)));
    const step = Number(size.value);
    if (first >= found.length) first = 0;
    const last = Math.min(first + step, found.length);
    list.replaceChildren(...found.slice(first, last).map(card));
    list.start = first + 1;
    const number = (count) => count.toLocaleString("en");
    const collisions = cards.filter((one) => !one.hidden).length;
    const beside = cards.length ? ` ${number(collisions)} of ${number(cards.length)} collisions shown above.` : "";
    byId("shown").textContent = found.length
      ? `Rows ${number(first + 1)} to ${number(last)} of ${number(found.length)}.${beside}`
      : `No row fits.${beside}`;
    pages.hidden = found.length <= step;
    byId("previous").disabled = first === 0;
    byId("next").disabled = last === found.length;
  };

  const turn = (pagesOn) => {
    first = Math.max(0, first + pagesOn * Number(size.value));
    show();
    byId("rows").scrollIntoView();
  };

  const names = new Set([...rows.map((row) => row.to), ...cards.map((one) => one.dataset.project)]);
  for (const name of [...names].sort()) project.add(new Option(name, name));
  rows.sort((one, other) => actions.indexOf(one.action) - actions.indexOf(other.action));
  form.hidden = rows.length + cards.length === 0;
  form.addEventListener("input", () => { first = 0; show(); });
  form.addEventListener("reset", () => setTimeout(() => { first = 0; show(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  show();
})();
