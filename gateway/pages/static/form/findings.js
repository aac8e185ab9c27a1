// What is found on a form stands at its fields too, as soon as somebody has been there: without leaving the page.
export function inPlace(form) {
  const visited = new Set();
  const visit = ({ target }) => target.name && visited.add(target.name);
  form.addEventListener("focusout", visit);
  form.addEventListener("change", visit);
  document.getElementById("findings")?.addEventListener("found", ({ currentTarget }) => {
    const found = new Map();
    for (const link of currentTarget.querySelectorAll("li > a[href^='#/']")) {
      const at = decodeURIComponent(link.hash.slice(1));
      found.set(at, [...(found.get(at) ?? []), link.parentElement]);
    }
    for (const at of visited) show(form, at, found.get(at) ?? []);
  });
}

function show(form, at, items) {
  const input = document.getElementById(at) ?? form.elements[at]?.[0];
  const place = input?.closest(".field, td, fieldset");
  if (!place) return;
  const id = `found-${at}`;
  document.getElementById(id)?.remove();
  if (items.length) place.querySelector("[data-code-told]")?.remove();
  const by = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id));
  if (items.length) {
    const list = Object.assign(document.createElement("ul"), { className: "findings", id });
    for (const item of items) {
      const told = item.cloneNode(true);
      told.querySelector("a").replaceWith(told.querySelector("a").textContent);
      list.append(told);
    }
    place.append(list);
    by.add(id);
  }
  const wrong = items.some((item) => item.className === "error");
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (by.size) input.setAttribute("aria-describedby", [...by].join(" "));
  else input.removeAttribute("aria-describedby");
}
