// Nothing needs this script: it prints, and shows that a step is under way.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button[type=submit]");
  if (button) button.setAttribute("aria-busy", "true");
});
