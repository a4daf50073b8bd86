// Siyu's own script: the drawer, the search key, copying, asking before a deed, menus, toasts. Everything works without it but less handily.
(function () {
  "use strict";
  const find = (id) => document.getElementById(id);
  const drawer = find("drawer"), ask = find("ask"), side = find("side");

  function say(text, tone) {
    const box = document.createElement("div");
    box.className = "toast " + (tone || "good");
    box.textContent = text;
    find("toasts").append(box);
    leave(box);
  }
  function leave(box) {
    setTimeout(() => { box.classList.add("is-leaving"); setTimeout(() => box.remove(), 300); }, 4200);
  }
  document.querySelectorAll("[data-toast]").forEach(leave);
  // On a phone the tabs scroll sideways: the one we are on must be in sight.
  document.querySelectorAll(".tabs [aria-current]").forEach((tab) => { tab.parentElement.scrollLeft = tab.offsetLeft - 60; });
  document.querySelector("main .is-wrong :is(input, select, textarea)")?.focus();  // what was wrong may stand far below
  const here = side && side.querySelector("[aria-current]");  // the side bar may be longer than the window
  if (here && here.offsetTop > side.clientHeight - 80) side.scrollTop = here.offsetTop - side.clientHeight / 2;
  // On a phone a row of a wide table is a block of its values (class tiled): each must say what it is.
  const label = () => document.querySelectorAll(".table-wrap > .table:not(.sheet)").forEach((table) => {
    if (innerWidth <= 820 && table.scrollWidth > table.parentElement.clientWidth + 1) table.classList.add("tiled");
    const heads = table.matches(".tiled") ? [...table.tHead.rows[0].cells].map((head) => (head.querySelector("a") || head).firstChild?.textContent.trim()) : [];
    const is = (cell) => cell.textContent.trim() || cell.querySelector("input, button, svg, progress");
    for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, place) => { if ((place || /^[\d.,%]+$/.test(cell.textContent.trim())) && heads[place] && row.cells.length === heads.length) cell.dataset.label = is(cell) ? heads[place] : ""; });
  });
  ["DOMContentLoaded", "htmx:afterSwap"].forEach((when) => document.addEventListener(when, label));
  document.addEventListener("said", (event) => say(event.detail.text, event.detail.tone));

  // A row with data-drawer opens that address in the drawer, unless the click was on something of its own.
  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-close]")) { target.closest("dialog").close(); return; }
    if (target === drawer) { drawer.close(); return; }
    const opener = target.closest("[data-drawer]");
    const own = target.closest("a, button, input, label, select, summary");
    if (opener && (own === null || own === opener) && !event.metaKey && !event.ctrlKey && !String(getSelection())) {
      event.preventDefault();
      htmx.ajax("GET", opener.dataset.drawer, { target: "#drawer-body", swap: "innerHTML" });
      return;
    }
    const copier = target.closest("[data-copy]");
    if (copier) {
      navigator.clipboard.writeText(copier.dataset.copy).then(() => { copier.classList.add("is-done"); say(document.body.dataset.copied || "✓"); });
      return;
    }
    const toggle = target.closest("[data-side]");
    if (side && toggle) {
      return toggle.setAttribute("aria-expanded", String(side.classList.toggle("is-open")));
    }
    if (side && !target.closest("#side") && side.classList.contains("is-open")) {
      side.classList.remove("is-open");
      document.querySelector("[data-side]").setAttribute("aria-expanded", "false");
    }
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "drawer-body" && !drawer.open) drawer.showModal();
  });

  // A form (or an htmx request) with data-ask / hx-confirm is done only after a yes.
  function question(text, tone, then) {
    find("ask-text").textContent = text;
    find("ask-yes").classList.toggle("danger", tone === "danger");
    ask.returnValue = "no";
    ask.onclose = () => { if (ask.returnValue === "yes") then(); };
    ask.showModal();
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.ask && !form.dataset.sure) {
      event.preventDefault();
      event.stopImmediatePropagation();
      question(form.dataset.ask, form.dataset.tone, () => { form.dataset.sure = "1"; form.requestSubmit(event.submitter || undefined); delete form.dataset.sure; });
      return;
    }
    if (!form.hasAttribute("hx-post")) form.querySelectorAll("button:not([name])").forEach((button) => setTimeout(() => { button.disabled = true; setTimeout(() => { button.disabled = false; }, 4000); }));
  }, true);
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    question(event.detail.question, event.target.dataset.tone, () => event.detail.issueRequest(true));
  });

  // Uploads: a file dropped on data-drop goes into its input; the bar of a data-upload form shows how far the sending is.
  document.addEventListener("dragover", (event) => { const place = event.target.closest("[data-drop]"); if (place) { event.preventDefault(); place.classList.add("is-over"); } });
  document.addEventListener("dragleave", (event) => { const place = event.target.closest("[data-drop]"); if (place) place.classList.remove("is-over"); });
  document.addEventListener("drop", (event) => {
    const place = event.target.closest("[data-drop]");
    if (!place) return;
    event.preventDefault();
    place.classList.remove("is-over");
    place.querySelector("input[type=file]").files = event.dataTransfer.files;
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.matches("[data-upload]") && event.target.querySelector("progress");
    if (bar && event.detail.lengthComputable) { bar.hidden = false; bar.value = event.detail.loaded / event.detail.total; }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const bar = event.target.matches("[data-upload]") && event.target.querySelector("progress");
    if (bar) bar.hidden = true;
  });

  // "/" goes to the search; a select or date with data-go submits its form by itself; a slider with data-shows writes its value there.
  document.addEventListener("keydown", (event) => {
    const busy = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) || document.activeElement.isContentEditable;
    if (event.key === "/" && !busy && find("search")) { event.preventDefault(); find("search").focus(); }
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
  });
  document.addEventListener("input", (event) => {
    const shown = event.target.dataset.shows && find(event.target.dataset.shows);
    if (shown) shown.textContent = event.target.value + (event.target.dataset.suffix || "");
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-go]")) event.target.form.requestSubmit();
  });
})();
