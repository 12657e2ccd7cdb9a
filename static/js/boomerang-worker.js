/* Boomerang's part of a shop's service worker, version 1: shows push messages and leads to what they link to.
 *
 * A browser takes a service worker from the shop's own address only. Put a file there, say /boomerang-worker.js, with one line:
 *   importScripts("https://YOUR-BOOMERANG/static/js/boomerang-worker.js");
 */
(function (worker) {
  "use strict";

  function read(event) {
    try { return event.data ? event.data.json() : null; } catch (error) { return null; }
  }

  worker.addEventListener("push", function (event) {
    const told = read(event);
    if (!told || told.v !== 1 || !told.title) return; // somebody else's
    const shown = { body: told.body, tag: told.tag, data: { boomerang: told.url } };
    if (told.icon) shown.icon = told.icon;
    if (told.image) shown.image = told.image;
    event.waitUntil(worker.registration.showNotification(told.title, shown));
  });

  worker.addEventListener("notificationclick", function (event) {
    const url = event.notification.data && event.notification.data.boomerang;
    if (!url) return;
    event.notification.close();
    event.waitUntil(worker.clients.openWindow(url));
  });
})(self);
