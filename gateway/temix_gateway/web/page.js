// Nothing needs this script: it prints, shows that a step is under way, and reads QR codes where the browser can.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button[type=submit]");
  if (button) button.setAttribute("aria-busy", "true");
});

const canRead = async () =>
  "BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");

const read = async (photo) => {
  const found = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(photo));
  return found.length ? found[0].rawValue : "";
};

const offerPhoto = (place) => {
  const [instead, offer] = place.children;
  const told = offer.querySelector("[role=status]");
  instead.hidden = true;
  offer.hidden = false;
  offer.querySelector("input").addEventListener("change", async (event) => {
    const text = event.target.files.length ? await read(event.target.files[0]).catch(() => "") : "";
    told.textContent = text ? "" : place.dataset.unread;
    if (text) document.getElementById(place.dataset.photoFor).value = text;
  });
};

const places = document.querySelectorAll("[data-photo-for]");
if (places.length) canRead().then((can) => can && places.forEach(offerPhoto));
