"use strict";
// Everything on the page is there without this script; it only adds ways to look at it.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // Theme: what the system says until the reader chooses.
  const toggle = document.getElementById("theme");
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const say = () => { toggle.textContent = dark() ? "Light theme" : "Dark theme"; };
  if (toggle) {
    toggle.hidden = false;
    say();
    toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; say(); });
  }

  // Print shows what is folded away.
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((it) => { it.open = true; }); });
  addEventListener("afterprint", () => { folded.forEach((it) => { it.open = false; }); folded = []; });

  // A link into something folded away opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let it = target; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Tables: sort by a click on the head, filter by words.
  const value = (row, at) => {
    const cell = row.cells[at];
    const data = cell && cell.querySelector("data");
    const text = data ? data.value : cell ? cell.textContent.trim() : "";
    const number = parseFloat(text);
    return data && !Number.isNaN(number) ? number : text;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  all("table[data-sort]").forEach((table) => {
    const body = table.tBodies[0];
    if (!body || body.rows.length < 2) return;
    const heads = all("thead th", table);
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = "Sort by " + head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.classList.contains("n"));
        heads.forEach((it) => it.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = Array.from(body.rows).map((row, place) => [value(row, at), place, row]);
        rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1]);
        body.append(...rows.map((it) => it[2]));
      });
    });
  });
  all(".filter").forEach((label) => {
    const input = label.querySelector("input");
    const table = document.getElementById(label.dataset.table);
    if (!input || !table) return;
    label.hidden = false;
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      all("tbody tr", table).forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((it) => text.includes(it));
      });
    });
  });

  // Pictures: pan, zoom, and show the neighbours of a vertex.
  all("svg.picture").forEach((svg) => {
    const home = svg.getAttribute("viewBox").split(" ").map(Number);
    let view = home.slice();
    const show = () => svg.setAttribute("viewBox", view.map((it) => it.toFixed(1)).join(" "));
    const zoom = (factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) => {
      const width = Math.min(Math.max(view[2] * factor, home[2] / 12), home[2] * 2);
      const by = width / view[2];
      view = [x - (x - view[0]) * by, y - (y - view[1]) * by, width, view[3] * by];
      show();
    };
    const point = (event) => {
      const box = svg.getBoundingClientRect();
      return [view[0] + (event.clientX - box.left) / box.width * view[2], view[1] + (event.clientY - box.top) / box.height * view[3]];
    };
    const tools = document.createElement("div");
    tools.className = "tools";
    [["+", "Closer", () => zoom(0.75)], ["−", "Further", () => zoom(1.33)], ["Reset", "Whole picture", () => { view = home.slice(); show(); }]].forEach(([text, title, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.title = title;
      button.setAttribute("aria-label", title);
      button.addEventListener("click", act);
      tools.append(button);
    });
    (svg.closest(".stage") || svg.parentElement).append(tools);
    // The wheel scrolls the page unless Ctrl is held, so that nobody is caught in a picture.
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.15 : 0.87, ...point(event));
    }, { passive: false });
    let from = null;
    let moved = false;
    svg.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse") { from = [event.clientX, event.clientY]; moved = false; } });
    addEventListener("pointermove", (event) => {
      if (!from) return;
      const box = svg.getBoundingClientRect();
      const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
      if (Math.abs(dx) + Math.abs(dy) > 3) moved = true;
      if (!moved) return;
      view[0] -= dx / box.width * view[2];
      view[1] -= dy / box.height * view[3];
      from = [event.clientX, event.clientY];
      show();
    });
    addEventListener("pointerup", () => { from = null; });
    svg.addEventListener("click", (event) => { if (moved) event.preventDefault(); });
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    svg.tabIndex = 0;
    svg.addEventListener("keydown", (event) => {
      const step = view[2] / 10;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
      if (moves[event.key]) { view[0] += moves[event.key][0]; view[1] += moves[event.key][1]; show(); }
      else if (event.key === "+" || event.key === "=") zoom(0.75);
      else if (event.key === "-") zoom(1.33);
      else if (event.key === "0") { view = home.slice(); show(); }
      else return;
      event.preventDefault();
    });
    const near = (vertex) => {
      all(".near", svg).forEach((it) => it.classList.remove("near"));
      svg.classList.toggle("hot", Boolean(vertex));
      if (!vertex) return;
      const own = vertex.dataset.v;
      const close = new Set([own]);
      all("[data-e]", svg).forEach((edge) => {
        const ends = edge.dataset.e.split(" ");
        if (ends.includes(own)) { edge.classList.add("near"); ends.forEach((it) => close.add(it)); }
      });
      all(".vertex", svg).forEach((it) => { if (close.has(it.dataset.v)) it.classList.add("near"); });
    };
    all(".vertex", svg).forEach((vertex) => {
      ["pointerenter", "focus"].forEach((it) => vertex.addEventListener(it, () => near(vertex)));
      ["pointerleave", "blur"].forEach((it) => vertex.addEventListener(it, () => near(null)));
    });
  });
})();
