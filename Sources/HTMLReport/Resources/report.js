// Searches and zooms. The page's data is in its elements: nothing here reads or makes markup.
"use strict";

for (const icicle of document.querySelectorAll(".icicle")) {
  const tools = icicle.previousElementSibling;
  const search = tools.querySelector("input");
  const whole = tools.querySelector("button");
  const status = tools.querySelector("[role=status]");
  const places = [...icicle.parentElement.querySelectorAll(".places tbody")];
  const folded = icicle.parentElement.querySelector(".folded");
  const nodes = [...icicle.children].map((element) => ({
    element,
    level: Number(element.getAttribute("aria-level")),
    start: parseFloat(element.getAttribute("x")),
    width: parseFloat(element.getAttribute("width")),
    text: element.querySelector("title").textContent.toLowerCase(),
  }));
  // Each node comes before its children.
  const path = [];
  for (const node of nodes) {
    path.length = node.level - 1;
    node.parent = path[path.length - 1];
    node.children = [];
    node.parent?.children.push(node);
    path.push(node);
  }
  const byElement = new Map(nodes.map((node) => [node.element, node]));
  const roots = nodes.filter((node) => !node.parent);
  let focused = nodes[0];
  let zoomed = null;

  const isWithin = (node, ancestor) => {
    for (let each = node; each; each = each.parent) if (each === ancestor) return true;
    return false;
  };

  const zoom = (target) => {
    zoomed = target;
    const start = target ? target.start : 0;
    const width = target ? target.width : 100;
    for (const node of nodes) {
      const above = target !== null && isWithin(target, node);
      const away = target !== null && !above && !isWithin(node, target);
      node.element.classList.toggle("away", away);
      node.element.setAttribute("x", (above ? 0 : ((node.start - start) / width) * 100) + "%");
      node.element.setAttribute("width", (above ? 100 : (node.width / width) * 100) + "%");
    }
    whole.disabled = target === null;
    status.textContent = target ? "Shown: " + target.element.getAttribute("aria-label") : "";
  };

  const focus = (node) => {
    if (!node || node.element.classList.contains("away")) return;
    focused.element.setAttribute("tabindex", "-1");
    focused = node;
    node.element.setAttribute("tabindex", "0");
    node.element.focus();
  };

  const sibling = (node, step) => {
    const all = node.parent ? node.parent.children : roots;
    return all[all.indexOf(node) + step];
  };

  const steps = {
    ArrowDown: (node) => node.children[0],
    ArrowUp: (node) => node.parent,
    ArrowRight: (node) => sibling(node, 1),
    ArrowLeft: (node) => sibling(node, -1),
    Home: () => roots[0],
  };

  icicle.addEventListener("click", (event) => {
    const node = byElement.get(event.target.closest("[role=treeitem]"));
    if (!node) return;
    zoom(node === zoomed ? node.parent ?? null : node);
    focus(node);
  });
  icicle.addEventListener("keydown", (event) => {
    const node = byElement.get(event.target);
    if (!node) return;
    if (event.key === "Enter" || event.key === " ") zoom(node === zoomed ? node.parent ?? null : node);
    else if (event.key === "Escape") zoom(null);
    else if (steps[event.key]) focus(steps[event.key](node));
    else return;
    event.preventDefault();
  });
  whole.addEventListener("click", () => zoom(null));

  // Of nested hits the outer one has the calls of both.
  const matches = (words) => nodes.filter((node) => words.every((word) => node.text.includes(word)));
  const share = (hits) => {
    const known = new Set(hits);
    const isInHit = (node) => node.parent && (known.has(node.parent) || isInHit(node.parent));
    return hits.filter((node) => !isInHit(node)).reduce((sum, node) => sum + node.width, 0);
  };
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = words.length ? matches(words) : [];
    const known = new Set(hits);
    for (const node of nodes) node.element.classList.toggle("hit", known.has(node));
    for (const row of places) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    if (folded && words.length) folded.open = true;
    status.textContent = words.length ? `${hits.length} of ${nodes.length} frames, ${share(hits).toFixed(2)} % of the calls` : "";
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    search.value = "";
    search.dispatchEvent(new Event("input"));
  });
  tools.hidden = false;
}

// What is closed is printed too.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    details.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
});
