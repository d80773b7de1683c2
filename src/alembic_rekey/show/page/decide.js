"use strict";
// Lets a person decide the collisions of the page, and writes the file of answers from that. Nothing leaves the page but that file.
(() => {
  const byId = (id) => document.getElementById(id);
  const { about, before, asked } = JSON.parse(byId("questions-data").textContent);
  const cards = [...document.querySelectorAll(".question")];
  if (!cards.length) return;
  const place = new Map(cards.map((card, number) => [card, number]));
  const [form, by, why] = ["decide", "decided-by", "why"].map(byId);
  const rules = {
    newest: ([keep, newest]) => keep !== null && newest,
    canonical: ([keep, , own]) => keep !== null && own,
  };
  const store = `alembic-rekey ${document.body.dataset.plan}`;
  // Per card null, or which row is kept, by which rule if by one, and why.
  let decided = asked.map(() => null);
  const undone = [];

  const kept = () => {
    try {
      localStorage.setItem(store, JSON.stringify({ decided, by: by.value, why: why.value }));
    } catch { /* A browser that keeps nothing still decides. */ }
  };
  const recalled = () => {
    try {
      const found = JSON.parse(localStorage.getItem(store));
      if (!found || found.decided.length !== asked.length) return;
      decided = found.decided.map((one, number) => (one && asked[number][1][one.row]?.[0] != null ? one : null));
      [by.value, why.value] = [found.by, found.why];
    } catch { /* Whatever stands there was not written by this page. */ }
  };

  const isOpen = (card) => decided[place.get(card)] === null;
  const openOnes = (within = document) => [...within.querySelectorAll(".question")].filter((one) => isOpen(one) && !one.hidden);

  const draw = (card) => {
    const one = decided[place.get(card)];
    card.classList.toggle("decided", one !== null);
    for (const button of card.querySelectorAll(".keep")) {
      button.setAttribute("aria-pressed", String(one !== null && Number(button.dataset.row) === one.row));
    }
    const says = one === null ? ", open" : one.rule ? `, decided by the rule \u201c${one.rule}\u201d` : ", decided";
    card.querySelector(".state").textContent = says;
    const reason = card.querySelector(".reason");
    reason.hidden = one === null;
    reason.querySelector("input").value = one?.why ?? "";
  };
  const count = () => {
    const open = decided.filter((one) => one === null).length;
    byId("open").textContent = `${open.toLocaleString("en")} of ${asked.length.toLocaleString("en")} open`;
    byId("undo").disabled = undone.length === 0;
    byId("next-open").disabled = open === 0;
    for (const button of document.querySelectorAll("[data-rule]")) {
      button.disabled = openOnes(button.closest(".group") ?? document).length === 0;
    }
    kept();
  };
  const change = (changes) => {
    if (!changes.length) return;
    undone.push(changes.map(([number]) => [number, decided[number]]));
    for (const [number, one] of changes) {
      decided[number] = one;
      draw(cards[number]);
    }
    count();
  };
  const keep = (card, row) => {
    const number = place.get(card);
    const is = decided[number];
    change([[number, is?.row === row && !is.rule ? null : { row, why: is?.why ?? "" }]]);
  };
  const rule = (name, within) => {
    const found = openOnes(within).map((card) => {
      const number = place.get(card);
      const fitting = asked[number][1].flatMap((row, at) => (rules[name](row) ? [at] : []));
      return [number, fitting];
    });
    // Rows of one name say the same: whichever is named, the same value stays.
    const one = (number, fitting) => new Set(fitting.map((at) => JSON.stringify(asked[number][1][at][0]))).size === 1;
    change(found.filter(([number, fitting]) => one(number, fitting)).map(([number, [row]]) => [number, { row, rule: name, why: "" }]));
  };
  const undo = () => {
    for (const [number, one] of undone.pop() ?? []) {
      decided[number] = one;
      draw(cards[number]);
    }
    count();
  };
  const next = (from) => {
    const open = openOnes();
    const card = open.find((one) => place.get(one) > from) ?? open[0];
    if (!card) return;
    card.scrollIntoView({ block: "center" });
    card.focus();
  };

  const answers = () => asked.map(([question, rows], number) => {
    const one = decided[number];
    if (one === null) return { ...question, keep: null };
    const told = { decided_by: by.value.trim(), why: [one.why.trim() || why.value.trim(), one.rule && `rule: ${one.rule}`].filter(Boolean).join("; ") };
    return { ...question, keep: rows[one.row][0], ...Object.fromEntries(Object.entries(told).filter(([, text]) => text)) };
  });
  const download = () => {
    const text = JSON.stringify({ about, resolutions: [...before, ...answers()] }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
    link.download = "resolutions.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    byId("then").hidden = false;
  };

  recalled();
  cards.forEach(draw);
  for (const one of document.querySelectorAll("#decide, .group .buttons, .keep")) one.hidden = false;
  count();
  document.addEventListener("filtered", count);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.classList.contains("keep")) keep(button.closest(".question"), Number(button.dataset.row));
    else if (button.dataset.rule) rule(button.dataset.rule, button.closest(".group") ?? document);
  });
  byId("undo").addEventListener("click", undo);
  byId("next-open").addEventListener("click", () => next(place.get(document.activeElement?.closest(".question")) ?? -1));
  byId("download").addEventListener("click", download);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", kept);
  document.addEventListener("input", ({ target }) => {
    const card = target.closest(".reason")?.closest(".question");
    if (!card) return;
    decided[place.get(card)].why = target.value;
    kept();
  });
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.(".question");
    if (!card || event.target.matches("input") || event.ctrlKey || event.altKey || event.metaKey) return;
    const button = /^[1-9]$/.test(event.key) ? card.querySelectorAll(".side")[event.key - 1]?.querySelector(".keep") : null;
    if (button) button.click();
    else if (event.key.toLowerCase() === "n") next(place.get(card));
    else if (event.key.toLowerCase() === "u") undo();
  });
})();
