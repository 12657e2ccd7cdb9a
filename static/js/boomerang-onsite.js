/* Boomerang shows the message that waits for this visitor, version 1. Loaded by boomerang.onsite(); no dependencies.
 *
 * A bar at the top, a box that slides in, or a dialog in the middle. Texts are set as text: nothing a message says becomes markup.
 */
(function (window, document) {
  "use strict";
  const LOOK = "dialog{box-sizing:border-box;margin:0;border:1px solid #c9d2d6;background:#fff;color:#1f2a30;font:16px/1.45 system-ui,sans-serif;z-index:2147483000;overflow:auto}" +
    "dialog.bar{position:fixed;inset:0 0 auto 0;width:100%;max-width:none;padding:12px 56px 12px 16px;border-width:0 0 1px;display:flex;gap:8px 16px;align-items:center;flex-wrap:wrap}" +
    "dialog.slide{position:fixed;inset:auto 16px 16px auto;width:min(360px,calc(100vw - 32px));padding:20px;border-radius:12px;box-shadow:0 8px 32px rgba(0,0,0,.18)}" +
    "dialog.modal{margin:auto;width:min(440px,calc(100vw - 32px));padding:24px;border-radius:12px}dialog::backdrop{background:rgba(0,0,0,.5)}" +
    "h2{margin:0 32px 4px 0;font-size:18px;line-height:1.3;overflow-wrap:anywhere}p{margin:0 0 14px;white-space:pre-line;overflow-wrap:anywhere}.bar h2,.bar p{margin:0}" +
    "img{display:block;width:100%;max-height:240px;object-fit:cover;border-radius:8px;margin:0 0 14px}.bar img{display:none}" +
    "a{display:inline-flex;align-items:center;min-height:44px;padding:0 18px;border-radius:8px;background:#1f2a30;color:#fff;text-decoration:none}" +
    "button{position:absolute;top:4px;right:4px;width:44px;height:44px;border:0;background:none;color:inherit;font:24px/1 system-ui,sans-serif;cursor:pointer}" +
    "a:focus-visible,button:focus-visible{outline:3px solid #2b7fff;outline-offset:2px}" +
    "@media (prefers-reduced-motion:no-preference){dialog.slide{animation:in .25s}}@keyframes in{from{transform:translateY(16px);opacity:0}}" +
    "@media (prefers-color-scheme:dark){dialog{background:#1b2226;color:#e8eef1;border-color:#3a464c}a{background:#e8eef1;color:#1b2226}}";

  function start(link, more) {
    const known = link.api.anonymousId(), words = Object.assign({ go: "Have a look", close: "Close" }, more);
    if (!known) return undefined;
    const address = link.host + "/site/messages";
    const query = "?key=" + encodeURIComponent(link.key) + "&id=" + encodeURIComponent(known);
    return window.fetch(address + query, { credentials: "omit" })
      .then((answer) => answer.json())
      .then((told) => { if (told.message && told.message.v === 1) show(told.message); })
      .catch((error) => link.log("no message:", error));

    function note(what, message) {
      const body = JSON.stringify({ writeKey: link.key, anonymousId: known, message: message.id, what: what });
      window.fetch(address, { method: "POST", body: body, keepalive: true, credentials: "omit" }).catch(() => undefined);
    }

    function show(message) {
      const host = document.createElement("div"), root = host.attachShadow({ mode: "open" }), sheet = new window.CSSStyleSheet();
      const look = ["bar", "slide", "modal"].includes(message.look) ? message.look : "slide";
      const box = document.createElement("dialog");
      const part = (name, more) => Object.assign(document.createElement(name), more);
      const gone = () => {
        document.removeEventListener("keydown", escape);
        if (box.open && look === "modal") box.close(); // gives the focus back
        host.remove();
      };
      const close = () => { gone(); note("closed", message); };
      const escape = (event) => { if (event.key === "Escape") { event.preventDefault(); close(); } };
      sheet.replaceSync(LOOK);
      root.adoptedStyleSheets = [sheet];
      box.className = look;
      box.setAttribute("aria-labelledby", "t");
      box.setAttribute("aria-describedby", "d");
      if (/^https:/.test(message.picture || "")) box.append(part("img", { src: message.picture, alt: "" }));
      box.append(part("h2", { id: "t", textContent: message.title }), part("p", { id: "d", textContent: message.text }));
      if (/^https?:/.test(message.url || "")) {
        const go = part("a", { href: message.url, textContent: words.go });
        go.addEventListener("click", gone);
        box.append(go);
      }
      const button = part("button", { type: "button", textContent: "\u00d7" });
      button.setAttribute("aria-label", words.close);
      button.addEventListener("click", close);
      box.append(button);
      root.append(box);
      host.setAttribute("data-boomerang", "onsite");
      document.addEventListener("keydown", escape);
      document.body.prepend(host);
      if (look === "modal") box.showModal();
      else box.setAttribute("open", ""); // takes no focus from what the shopper is doing
      note("shown", message);
    }
  }

  window.boomerangParts = Object.assign(window.boomerangParts || {}, { onsite: start });
})(window, document);
