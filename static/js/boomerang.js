/*! Boomerang in a shop's pages, version 1. Apache-2.0. No dependencies, no build step; under 6 KB gzipped.
 *
 * <script async src="https://YOUR-BOOMERANG/static/js/boomerang.js" data-key="pk_..."></script>
 *
 * Calls: page(name, properties)  track(event, properties)  identify(id, traits)  cart(items or null, more)
 *        consent({analytics, email, sms, push})  reset()  ready(function)  anonymousId()  load(key, options)
 *        notifications({title, text, yes, no, worker, days}) asks whether push messages are wanted (see boomerang-push.js)
 *        onsite({go, close}) shows the message that waits for this visitor (see boomerang-onsite.js)
 * Options, also as data-... on the tag: host, consentRequired, history, page, dnt, gpc, debug.
 *
 * What happened waits in localStorage until the server has said that it is stored, and is sent again when it has not: every
 * event has a messageId, so the server counts it once. A browser never grants marketing consent: "yes" is sent as pending.
 */
(function (window, document, navigator) {
  "use strict";
  const STATE = "boomerang", QUEUE = "boomerang_queue";
  const MOST_WAITING = 200, BATCH_BYTES = 30000, EVENT_BYTES = 32000; // browsers let 64 KB outlive a page
  const SESSION_MS = 30 * 60000, PAUSE_MS = 1000, LONGEST_PAUSE_MS = 60000, GIVE_UP_MS = 15000;
  const YEAR_SECONDS = 31536000, COOKIE_BYTES = 3000;

  const api = window.boomerang || [];
  if (api.version) return; // the tag stands twice in the page
  const script = document.currentScript;
  const given = script ? script.dataset : {};
  const early = Array.isArray(api) ? api.splice(0) : [];
  const memory = {}; // only for what the browser refuses to keep
  const beaconed = new Set(); // sent while leaving: nobody heard the answer
  let options = {}, flying = [], timer = 0, failures = 0, notBefore = 0, begun = false;

  function attempt(work) {
    try { return work(); } catch (error) { log(error); }
  }

  function log() {
    if (options.debug && window.console) console.info.apply(console, ["[boomerang]"].concat(Array.from(arguments)));
  }

  // ---- Keeping: localStorage, else a cookie for what is small, else this page's memory ------------------------------

  function read(name) {
    const text = attempt(() => window.localStorage.getItem(name)) || cookie(name);
    return (text && attempt(() => JSON.parse(text))) || memory[name] || null;
  }

  function write(name, value) {
    const text = JSON.stringify(value);
    delete memory[name];
    if (attempt(() => { window.localStorage.setItem(name, text); return true; })) return;
    attempt(() => window.localStorage.removeItem(name));
    if (!bake(name, text)) memory[name] = value;
  }

  function remove(name) {
    attempt(() => window.localStorage.removeItem(name));
    if (cookie(name)) bake(name, "");
    delete memory[name];
  }

  function cookie(name) {
    const found = attempt(() => document.cookie.split("; ").find((part) => part.startsWith(name + "=")));
    return found ? attempt(() => decodeURIComponent(found.slice(name.length + 1))) : "";
  }

  function bake(name, text) {
    const value = encodeURIComponent(text);
    if (name !== STATE || value.length > COOKIE_BYTES) return false;
    const secure = location.protocol === "https:" ? "; secure" : "";
    attempt(() => { document.cookie = name + "=" + value + "; path=/; samesite=lax; max-age=" + (text ? YEAR_SECONDS : 0) + secure; });
    return cookie(name) === text;
  }

  function state() {
    const kept = read(STATE);
    return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  }

  const change = (part) => write(STATE, Object.assign(state(), part));

  function waiting() {
    const kept = read(QUEUE);
    return Array.isArray(kept) ? kept.filter((event) => event && event.messageId) : [];
  }

  // ---- May we? Asked anew each time, so that a "no" in another tab counts here at once --------------------------------

  function mustAsk() {
    const dnt = navigator.doNotTrack === "1" || window.doNotTrack === "1";
    return options.consentRequired || (options.dnt && dnt) || (options.gpc && navigator.globalPrivacyControl === true);
  }

  function allowed() {
    const said = state();
    return !said.no && Boolean(said.agreed || !mustAsk());
  }

  function forget() {
    clearTimeout(timer);
    [STATE, QUEUE].forEach(remove);
    beaconed.clear();
    begun = false;
  }

  // ---- What an event carries ------------------------------------------------------------------------------------------

  function uuid() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    const bytes = window.crypto.getRandomValues(new Uint8Array(16)); // plain http has no randomUUID
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  const bare = (address) => address.split(/[?#]/)[0]; // what follows may hold a token or a name

  function place() {
    return { path: location.pathname, url: bare(location.href), title: document.title, referrer: bare(document.referrer) };
  }

  function campaign() {
    const found = {};
    new URLSearchParams(location.search).forEach((value, name) => {
      if (/^utm_[a-z]+$/.test(name)) found[name.slice(4).replace(/^campaign$/, "name")] = value.slice(0, 200);
    });
    return Object.keys(found).length ? found : null;
  }

  // Who is here, and since when: a session ends after half an hour of silence, or when another campaign leads here.
  function visit() {
    const known = state(), now = Date.now(), led = campaign();
    let session = known.session;
    const other = session && led && JSON.stringify(led) !== JSON.stringify(session.campaign);
    if (!session || other || now - session.last > SESSION_MS) {
      const referrer = document.referrer.startsWith(location.origin + "/") ? "" : bare(document.referrer);
      session = { id: uuid(), start: new Date(now).toISOString(), campaign: led, referrer: referrer };
    }
    session.last = now;
    change({ id: known.id || uuid(), session: session });
    return state();
  }

  function context(session) {
    const more = { library: { name: "boomerang.js", version: api.version }, page: place(), locale: navigator.language };
    more.session = { id: session.id, start: session.start };
    if (session.campaign) more.campaign = session.campaign;
    if (session.referrer) more.referrer = { url: session.referrer };
    return more;
  }

  const bytes = (text) => new Blob([text]).size;

  function say(type, fields) {
    if (!allowed()) return log("not allowed, so neither kept nor sent:", type);
    const visitor = visit();
    const event = { type: type, messageId: uuid(), anonymousId: visitor.id, timestamp: new Date().toISOString(), context: context(visitor.session) };
    if (visitor.user) event.userId = visitor.user;
    Object.assign(event, fields);
    if (bytes(JSON.stringify(event)) > EVENT_BYTES) return log("too large, so left out:", event);
    write(QUEUE, waiting().concat(event).slice(-MOST_WAITING));
    log("noted", event);
    later(PAUSE_MS);
  }

  // ---- Sending: one batch at a time; what was not taken stays and is sent again ---------------------------------------

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(() => attempt(flush), wait);
  }

  function next(taken) {
    const batch = [];
    let size = 200; // the envelope
    for (const event of waiting()) {
      if (taken && taken(event.messageId)) continue;
      size += bytes(JSON.stringify(event)) + 1;
      if (batch.length && size > BATCH_BYTES) break;
      batch.push(event);
    }
    return batch;
  }

  const pack = (batch) => JSON.stringify({ batch: batch, writeKey: options.key, sentAt: new Date().toISOString() });
  const address = () => options.host + "/v1/batch";
  const patience = () => Math.max(notBefore, state().until || 0) - Date.now();

  function flush() {
    if (flying.length || !options.key || !allowed() || navigator.onLine === false) return;
    if (patience() > 0) return later(patience());
    const batch = next();
    if (!batch.length) return;
    flying = batch.map((event) => event.messageId);
    post(pack(batch)).then((answer) => answer.text().then((text) => settle(answer, batch, text))).catch(() => again(0));
  }

  // A text body asks for no preflight; keepalive lets the request outlive the page.
  function post(body) {
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(), GIVE_UP_MS);
    const sent = window.fetch(address(), { method: "POST", body: body, keepalive: true, credentials: "omit", signal: stop.signal });
    sent.then(() => clearTimeout(limit), () => clearTimeout(limit));
    return sent;
  }

  function settle(answer, batch, text) {
    if (answer.status === 429 || answer.status === 408 || answer.status >= 500) return again(pauseOf(answer));
    const done = flying;
    flying = [];
    failures = 0;
    if (!answer.ok) log("dropped " + batch.length + ", answered " + answer.status + ": look at the key and the address");
    log(answer.status, text);
    if (!allowed()) return;
    write(QUEUE, waiting().filter((event) => !done.includes(event.messageId)));
    if (waiting().length) later(answer.ok ? 0 : PAUSE_MS);
  }

  function pauseOf(answer) {
    const stated = answer.headers.get("Retry-After") || "";
    const wait = /^\d+$/.test(stated) ? stated * 1000 : Date.parse(stated) - Date.now();
    return Math.min(Math.max(wait || 0, 0), 3600000);
  }

  // asked: the pause the server wants in milliseconds, which counts on the next page too.
  function again(asked) {
    flying = [];
    failures += 1;
    const pause = Math.max(asked, Math.min(PAUSE_MS * Math.pow(2, failures), LONGEST_PAUSE_MS)) * (1 + Math.random() / 2);
    notBefore = Date.now() + pause;
    if (asked && allowed()) change({ until: notBefore });
    log("not taken, again in " + Math.round(pause) + " ms");
    later(pause);
  }

  // The page goes: hand over what is not on its way. It stays in the queue too, since no answer will be heard.
  function leave() {
    if (!options.key || !allowed() || patience() > 0 || !navigator.sendBeacon) return;
    const batch = next((id) => flying.includes(id) || beaconed.has(id));
    if (batch.length && navigator.sendBeacon(address(), new Blob([pack(batch)], { type: "text/plain" }))) {
      batch.forEach((event) => beaconed.add(event.messageId));
    }
  }

  // ---- The calls ------------------------------------------------------------------------------------------------------

  function begin() {
    if (begun) return;
    begun = true;
    if (options.page) calls.page();
    later(PAUSE_MS);
  }

  const on = (target, name, work) => target.addEventListener(name, () => attempt(work));

  function watchHistory() {
    const push = window.history.pushState;
    let last = location.pathname;
    const look = () => setTimeout(() => attempt(() => {
      if (location.pathname === last) return;
      last = location.pathname;
      calls.page();
    }), 0); // the page sets its title first
    window.history.pushState = function () {
      const answer = push.apply(this, arguments);
      look();
      return answer;
    };
    on(window, "popstate", look);
  }

  // What not every shop asks for lies in files of its own beside this one.
  function part(name, more) {
    const tag = document.createElement("script");
    tag.src = options.host + "/static/js/boomerang-" + name + ".js";
    tag.onload = () => attempt(() => window.boomerangParts[name]({ api: api, host: options.host, key: options.key, log: log }, more));
    document.head.append(tag);
  }

  const yes = (word, usual) => (word === undefined ? usual : word !== "false" && word !== false);

  const calls = {
    load(key, more) {
      if (options.key) return;
      if (!/^pk_/.test(key)) return console.error("Boomerang wants the public key, which begins with pk_. A secret key must never stand in a page.");
      const set = Object.assign({}, given, more);
      options = {
        key: key,
        host: (set.host || new URL(script.src).origin).replace(/\/+$/, ""),
        consentRequired: yes(set.consentRequired, false),
        history: yes(set.history, false),
        page: yes(set.page, true),
        dnt: yes(set.dnt, true),
        gpc: yes(set.gpc, true),
        debug: yes(set.debug, false),
      };
      if (options.history) watchHistory();
      on(window, "pagehide", leave);
      on(document, "visibilitychange", () => (document.hidden ? leave() : flush()));
      on(window, "online", () => { notBefore = 0; flush(); });
      if (allowed()) begin();
      early.splice(0).forEach(replay);
    },
    page(name, properties) {
      say("page", { name: name || "", properties: Object.assign(place(), properties) });
    },
    track(event, properties) {
      say("track", { event: event, properties: properties || {} });
    },
    identify(id, traits) {
      if (id && typeof id === "object") return calls.identify(null, id);
      if (!allowed()) return;
      if (id) {
        const user = String(id);
        if (state().user && state().user !== user) calls.reset(); // another person at the same computer
        change({ user: user });
      }
      say("identify", { traits: traits || {} });
    },
    // The basket as a whole, whenever it may have changed; null when it was emptied. more: cart_id, currency, restore_url.
    cart(items, more) {
      if (!allowed()) return;
      const before = state().cart || [], now = items || [];
      if (JSON.stringify(before) === JSON.stringify(now)) return;
      change({ cart: now });
      if (now.length) return calls.track("Cart Viewed", Object.assign({}, more, { products: now }));
      before.forEach((item) => calls.track("Product Removed", Object.assign({}, more, item)));
    },
    // analytics: may we note what happens here? The channels: wishes, which the shop's server or a mail confirms.
    consent(said) {
      if (said.analytics === false) {
        forget();
        if (!mustAsk()) write(STATE, { no: 1 }); // the only thing kept of someone who said no
      } else if (said.analytics) {
        write(STATE, Object.assign(state(), { agreed: 1, no: undefined }));
        begin();
      }
      const wishes = {};
      ["email", "sms", "push"].forEach((channel) => {
        if (typeof said[channel] === "boolean") wishes[channel] = { status: said[channel] ? "pending" : "refused", method: "browser" };
      });
      if (Object.keys(wishes).length) say("identify", { traits: { consent: wishes } });
    },
    reset() {
      if (allowed()) change({ id: undefined, user: undefined, session: undefined, cart: undefined });
    },
    ready(work) {
      work(api);
    },
    notifications(more) {
      part("push", more);
    },
    onsite(more) {
      part("onsite", more);
    },
    anonymousId() {
      return allowed() ? visit().id : null;
    },
  };

  function replay(call) {
    const name = call[0];
    if (calls[name]) api[name].apply(api, Array.prototype.slice.call(call, 1));
  }

  Object.keys(calls).forEach((name) => {
    api[name] = function () {
      if (options.key || name === "load") return attempt(() => calls[name].apply(api, arguments));
      early.push([name].concat(Array.from(arguments))); // until load says which shop this is
    };
  });
  api.push = replay;
  api.version = "1.0.0";
  window.boomerang = api;
  if (given.key) api.load(given.key);
  else early.splice(0).forEach(replay);
})(window, document, navigator);
