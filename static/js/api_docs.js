// Draws the description of the management API into its page.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api");
  window.SwaggerUIBundle({
    url: place.dataset.description,
    domNode: place,
    deepLinking: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
});
