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
  const groups = [...document.querySelectorAll("#collisions-section .group")];
  const cardTexts = new Map(cards.map((one) => [one, one.textContent.toLowerCase()]));
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

  // What a row that goes holds, column by column, and beside it what the row that stays does not get of it.
  const columns = (told) => {
    const made = element("table", "columns");
    const head = made.createTHead().insertRow();
    for (const says of ["column", ...list.dataset.sides.split(",")]) {
      const cell = element("th", "", says);
      cell.scope = "col";
      head.append(cell);
    }
    const body = made.createTBody();
    for (const [name, parts, mark] of told) {
      const line = body.insertRow();
      const cell = element("th");
      cell.scope = "row";
      cell.append(element("bdi", "", name));
      line.append(cell);
      const [one, other] = [line.insertCell(), line.insertCell()];
      const nothing = element("span", "note", "no row");
      one.append(mark === "comes back" ? nothing : value(parts, 0));
      if (mark === "goes away") other.append(nothing);
      else if (mark) other.append(value(parts, mark === "comes back" ? 0 : 1));
      if (mark === "left behind") {
        line.className = "left";
        cell.append(element("span", "note", ` ${mark}`));
      }
    }
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
    if (row.columns) made.append(columns(row.columns));
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
  const left = (row) => (row.columns || []).flatMap(([name, parts]) => [name, whole(parts, 0), whole(parts, 1)]);
  const says = (row) => [whole(row.says, 0), whole(row.says, 1), ...left(row)];
  const text = (row) => [row.key, row.from, row.to, row.at, row.status, ...says(row)]
    .join("\n").toLowerCase();
  const texts = new Map(rows.map((row) => [row, text(row)]));

  // What is filtered stands in the address, behind the #: a card's own anchor stands there as well.
  const fields = { project, action, text: search };
  const told = () => {
    const said = Object.entries(fields).flatMap(([name, field]) => (field.value ? [[name, field.value]] : []));
    if (said.length || location.hash.includes("=")) history.replaceState(null, "", `#${new URLSearchParams(said)}`);
  };
  const asked = () => {
    const said = location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1)) : null;
    if (!said) return;
    for (const [name, field] of Object.entries(fields)) field.value = said.get(name) ?? "";
  };

  const filtered = () => {
    const wanted = search.value.toLowerCase();
    const fits = (its, does, says) =>
      (!project.value || its === project.value) && (!action.value || does === action.value) && says.includes(wanted);
    for (const one of cards) {
      one.hidden = !fits(one.dataset.project, one.dataset.action, cardTexts.get(one));
    }
    for (const group of groups) group.hidden = !group.querySelector(".card:not([hidden])");
    return rows.filter((row) => fits(row.to, row.action, texts.get(row)));
  };

  const show = () => {
    const found = filtered();
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
    document.dispatchEvent(new Event("filtered"));
  };

  const turn = (pagesOn) => {
    first = Math.max(0, first + pagesOn * Number(size.value));
    show();
    byId("rows").scrollIntoView();
  };
  const narrow = () => {
    first = 0;
    told();
    show();
  };

  const names = new Set([...rows.map((row) => row.to), ...cards.map((one) => one.dataset.project)]);
  for (const name of [...names].sort()) project.add(new Option(name, name));
  rows.sort((one, other) => actions.indexOf(one.action) - actions.indexOf(other.action));
  form.hidden = rows.length + cards.length === 0;
  form.addEventListener("input", narrow);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const field of [project, action, search]) field.value = "";
    size.selectedIndex = 0;
    narrow();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  addEventListener("hashchange", () => {
    asked();
    show();
  });
  // On paper stands every row that the filters leave.
  addEventListener("beforeprint", () => list.replaceChildren(...filtered().map(card)));
  addEventListener("afterprint", show);
  asked();
  show();
})();
