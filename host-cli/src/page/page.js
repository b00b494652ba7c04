"use strict";
(() => {
  const filter = document.getElementById("filter");
  if (!filter) return;
  const words = document.getElementById("words");
  const kind = document.getElementById("kind");
  const found = document.getElementById("found");
  const nothing = document.getElementById("nothing");
  const groups = [...document.querySelectorAll(".group")].map((group) => ({
    group,
    heading: group.querySelector("h3").textContent.toLowerCase(),
    items: [...group.querySelectorAll(".item")],
  }));
  // read once, when the first word is typed
  const texts = new Map();
  const text = (item, heading) => {
    let known = texts.get(item);
    if (known === undefined) {
      known = heading + " " + item.textContent.toLowerCase();
      texts.set(item, known);
    }
    return known;
  };
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = kind ? kind.value : "";
    let shown = 0;
    for (const { group, heading, items } of groups) {
      let any = false;
      for (const item of items) {
        const is = (!only || item.dataset.kinds.split(" ").includes(only))
          && wanted.every((word) => text(item, heading).includes(word));
        if (item.hidden === is) item.hidden = !is;
        if (is) { any = true; shown += 1; }
      }
      group.hidden = !any;
    }
    nothing.hidden = shown > 0;
    const all = Number(filter.dataset.total);
    found.textContent = shown === all ? `${all} ${filter.dataset.what}` : `${shown} of ${all} ${filter.dataset.what}`;
  };
  let due = 0;
  const soon = () => { cancelAnimationFrame(due); due = requestAnimationFrame(apply); };
  words.addEventListener("input", soon);
  if (kind) kind.addEventListener("change", soon);
  // who follows a link to what is filtered out wants to see it
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      words.value = "";
      if (kind) kind.value = "";
      apply();
      target.scrollIntoView();
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select")) {
      event.preventDefault();
      words.focus();
    }
  });
  filter.hidden = false;
  apply();
})();
