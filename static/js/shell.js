// The frame: menus that close on Escape and outside clicks and are walked by arrow keys and letters; a long one is searched; the whole menu
// on phones, panels.
(function () {
  "use strict";

  function closeMenus(except) {
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details[data-menu]"));
    if (event.target.closest(".bo-side a[href]") && location.hash === "#menu") history.replaceState(null, "", "#");
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
      return;
    }
    if (location.hash === "#menu") {
      location.hash = "#main";
      return;
    }
    const panel = document.querySelector(".bo-panel [data-close]");
    if (panel && !document.querySelector("dialog[open]")) panel.click();
  });

  // Lines of an open menu: arrows, Home and End walk them; letters go to its search, or else to the next line that begins with one.
  document.addEventListener("keydown", function (event) {
    const menu = event.target.closest && event.target.closest("details[data-menu]");
    if (!menu || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const find = menu.querySelector("[data-menu-find]");
    const typing = event.target.matches("input, select, textarea");
    if (typing && event.target !== find) return;
    if (!menu.open) {
      if (event.key !== "ArrowDown" || !event.target.matches("summary")) return;
      menu.open = true;
    }
    const lines = Array.from(menu.querySelectorAll(".pop :is(a, button)")).filter(function (line) { return line.getClientRects().length; });
    const here = lines.indexOf(document.activeElement);
    const letter = event.key.length === 1 && event.key !== " " && !typing;
    let next = null;
    if (event.key === "ArrowDown") next = lines[here + 1] || lines[0];
    else if (event.key === "ArrowUp") next = here === 0 && find ? find : lines[here - 1] || lines[lines.length - 1];
    else if (event.key === "Home" && !typing) next = lines[0];
    else if (event.key === "End" && !typing) next = lines[lines.length - 1];
    else if (event.key === "Enter" && typing) {
      event.preventDefault();
      if (find.value.trim() && lines.length) lines[0].click();
    } else if (letter && find) find.focus();
    else if (letter) next = beginning(lines, here, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  function beginning(lines, here, letter) {
    return lines.slice(here + 1).concat(lines.slice(0, here + 1)).find(function (line) {
      return line.textContent.trim().toLowerCase().startsWith(letter.toLowerCase());
    });
  }

  // A menu with groups of many lines shows those with the word that is searched, in their text or in `data-menu-also`, or the group that is called so.
  function narrow(find) {
    const pop = find.closest(".pop");
    const word = find.value.trim().toLowerCase();
    let any = false;
    pop.querySelectorAll("[data-menu-group]").forEach(function (group) {
      const lines = Array.from(group.querySelectorAll("li"));
      lines.forEach(function (line) { line.hidden = !(line.textContent + " " + (line.dataset.menuAlso || "")).toLowerCase().includes(word); });
      group.hidden = lines.every(function (line) { return line.hidden; });
      if (group.hidden && group.dataset.menuGroup.toLowerCase().includes(word)) {
        group.hidden = false;
        lines.forEach(function (line) { line.hidden = false; });
      }
      any = any || !group.hidden;
    });
    pop.querySelector("[data-menu-none]").hidden = any;
  }

  document.addEventListener("input", function (event) {
    if (event.target.matches("[data-menu-find]")) narrow(event.target);
  });

  // It opens to the side with more room and no farther than that, so that the page stays as long as it is; on a phone it is a sheet.
  function fit(menu, pop) {
    const line = menu.querySelector("summary").getBoundingClientRect();
    const below = innerHeight - line.bottom, above = line.top;
    const height = pop.scrollHeight + 8;
    menu.classList.toggle("above", height > below && above > below);
    const room = Math.max(below, above) - 12;
    pop.style.maxHeight = height > below && room > 300 && getComputedStyle(pop).position === "absolute" ? room + "px" : "";
    pop.style.minHeight = pop.offsetHeight + "px"; // the search stays where it is while lines go
    pop.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("toggle", function (event) {
    const find = event.target.matches("details[data-menu]") && event.target.querySelector("[data-menu-find]");
    if (!find) return;
    if (event.target.open) {
      fit(event.target, find.closest(".pop"));
      const walked = document.activeElement.closest("details[open] .pop");
      if (!walked && matchMedia("(hover: hover)").matches) find.focus({ preventScroll: true });
    } else {
      find.value = "";
      find.closest(".pop").style.minHeight = "";
      narrow(find);
    }
  }, true);

  // Focus moves into a panel or form fragment that htmx brought, and to the first error of a refused form.
  document.addEventListener("htmx:afterSettle", function (event) {
    const part = event.detail.elt;
    if (!part || !part.querySelector) return;
    const target = part.querySelector("[data-focus]") || part.querySelector(".bo-errors");
    if (target) target.focus();
  });

  const current = document.querySelector(".bo-side nav [aria-current=page]");
  if (current) current.scrollIntoView({ block: "nearest" });
  // In a narrow window, and in one that becomes narrow, the open tab may stand beyond the edge of its strip; only the strip is moved, never the page.
  const tab = document.querySelector(".bo-nav [aria-current=page]");
  if (tab) {
    const strip = tab.parentElement;
    new ResizeObserver(function () {
      strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
    }).observe(strip);
  }

  const summary = document.querySelector("form .bo-errors");
  if (summary) summary.focus();

  // A request that failed for our reasons says so, and nothing is lost.
  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    const kept = document.body.dataset;
    if (status >= 500) window.boToast(kept.sayBroken, "error");
    else if (status === 403) window.boToast(kept.sayForbidden, "error");
  });
  document.addEventListener("htmx:sendError", function () {
    window.boToast(document.body.dataset.sayOffline, "error");
  });
})();
