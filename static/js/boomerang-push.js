/* Boomerang asks whether a shopper wants push messages, version 1. Loaded by boomerang.notifications({...}); no dependencies.
 *
 * Options: title, text, yes, no (words of the question), worker (address of the shop's worker file), scope, days (until it is asked again).
 * The browser's own question comes only after a yes to ours, so nobody is lost to a "block" they meant as "not now".
 */
(function (window, document, navigator) {
  "use strict";
  const KEPT = "boomerang_push", DAY_MS = 86400000;
  const WORDS = {
    title: "Shall we tell you when something is new?",
    text: "A short message in this browser, now and then. You can stop it at any time.",
    yes: "Yes, tell me",
    no: "Not now",
  };
  const LOOK = "dialog{position:fixed;inset:auto 16px 16px auto;margin:0;max-width:min(360px,calc(100vw - 32px));box-sizing:border-box;padding:20px;border:1px solid #c9d2d6;border-radius:12px;background:#fff;color:#1f2a30;box-shadow:0 8px 32px rgba(0,0,0,.18);font:16px/1.45 system-ui,sans-serif;z-index:2147483000}" +
    "h2{margin:0 0 6px;font-size:17px;line-height:1.3}p{margin:0 0 16px}div{display:flex;gap:8px;flex-wrap:wrap}" +
    "button{min-height:44px;padding:0 16px;border-radius:8px;border:1px solid #5b6b73;background:#fff;color:#1f2a30;font:inherit;cursor:pointer}" +
    "button.yes{background:#1f2a30;border-color:#1f2a30;color:#fff}button:focus-visible{outline:3px solid #2b7fff;outline-offset:2px}" +
    "@media (prefers-color-scheme:dark){dialog{background:#1b2226;color:#e8eef1;border-color:#3a464c}button{background:#1b2226;color:#e8eef1;border-color:#8a99a1}button.yes{background:#e8eef1;border-color:#e8eef1;color:#1b2226}}";

  function kept() {
    try { return JSON.parse(window.localStorage.getItem(KEPT)) || {}; } catch (error) { return {}; }
  }

  function keep(value) {
    try { window.localStorage.setItem(KEPT, JSON.stringify(value)); } catch (error) { /* then it is asked again */ }
  }

  function bytesOf(text) {
    const plain = window.atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  }

  const supported = () => Boolean(window.isSecureContext && window.Notification && window.PushManager && navigator.serviceWorker);

  function start(link, more) {
    const options = Object.assign({ worker: "/boomerang-worker.js", days: 30 }, WORDS, more);
    const address = link.host + "/push/browsers";
    const said = kept();
    const known = link.api.anonymousId(); // null where nothing may be noted
    if (!supported() || !known) return link.log("no push messages here");
    if (window.Notification.permission === "denied") return said.yes ? leave() : undefined;
    if (said.yes) return Date.now() - said.yes > DAY_MS || said.id !== known ? subscribe() : undefined;
    if (said.no && Date.now() - said.no < options.days * DAY_MS) return undefined;
    return ask();

    function post(told) {
      const body = JSON.stringify(Object.assign({ writeKey: link.key, anonymousId: known }, told));
      return window.fetch(address, { method: "POST", body: body, keepalive: true, credentials: "omit" });
    }

    function subscribe() {
      return window.fetch(address + "?key=" + encodeURIComponent(link.key), { credentials: "omit" })
        .then((answer) => answer.json())
        .then((told) => navigator.serviceWorker.register(options.worker, options.scope ? { scope: options.scope } : {})
          .then((registration) => active(registration))
          .then((registration) => registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(told.public_key) })))
        .then((subscription) => post({ subscription: subscription.toJSON() })
          .then((answer) => {
            if (!answer.ok) throw new Error("answered " + answer.status);
            keep({ yes: Date.now(), id: known, endpoint: subscription.endpoint });
          }))
        .catch((error) => link.log("push messages are not on:", error));
    }

    // subscribe() wants a worker that runs
    function active(registration) {
      const coming = registration.installing || registration.waiting;
      if (registration.active || !coming) return registration;
      return new Promise((done) => coming.addEventListener("statechange", () => { if (coming.state === "activated") done(registration); }));
    }

    function leave() {
      keep({ no: Date.now() });
      if (said.endpoint) post({ gone: said.endpoint }).catch(() => undefined);
    }

    function ask() {
      const host = document.createElement("div"), root = host.attachShadow({ mode: "open" }), sheet = new window.CSSStyleSheet();
      const box = document.createElement("dialog"), row = document.createElement("div");
      sheet.replaceSync(LOOK);
      root.adoptedStyleSheets = [sheet];
      const part = (name, words, more) => Object.assign(document.createElement(name), { textContent: words }, more);
      const close = (yes) => {
        document.removeEventListener("keydown", escape);
        host.remove();
        if (!yes) return keep({ no: Date.now() });
        return window.Notification.requestPermission().then((answer) => (answer === "granted" ? subscribe() : keep({ no: Date.now() })));
      };
      const yes = part("button", options.yes, { type: "button", className: "yes" });
      const no = part("button", options.no, { type: "button", className: "no" });
      yes.addEventListener("click", () => close(true));
      no.addEventListener("click", () => close(false));
      const escape = (event) => { if (event.key === "Escape") close(false); };
      document.addEventListener("keydown", escape);
      box.setAttribute("open", ""); // show() would take the focus from what the shopper is doing
      box.setAttribute("aria-labelledby", "t");
      box.setAttribute("aria-describedby", "d");
      row.append(yes, no);
      box.append(part("h2", options.title, { id: "t" }), part("p", options.text, { id: "d" }), row);
      root.append(box);
      host.setAttribute("data-boomerang", "push");
      document.body.prepend(host); // the first that the keyboard reaches
    }
  }

  window.boomerangParts = Object.assign(window.boomerangParts || {}, { push: start });
})(window, document, navigator);
