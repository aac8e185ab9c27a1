// A row is added to a list where somebody asks for it, at once and without leaving the page.
const PLACE = "/-/";

// Add rows to a list until there is one of this number; the last that was added, nothing if none can be.
export function addRow(form, list, upTo) {
  const field = form.querySelector(`[data-rows="${CSS.escape(list)}"]`);
  const blank = field?.querySelector(":scope > template[data-blank]");
  if (!blank) return null;
  const there = [...field.querySelectorAll(":scope > [data-row]")].map((row) => Number(row.id.split("/").pop()));
  const next = Math.max(-1, ...there) + 1;
  if (upTo !== undefined && upTo < next) return null;
  const row = blank.content.firstElementChild.cloneNode(true);
  const [from, to] = [list + PLACE, `${list}/${next}/`];
  for (const each of [row, ...row.querySelectorAll("*")])
    for (const { name, value } of [...each.attributes])
      if (`${value}/`.includes(from)) each.setAttribute(name, `${value}/`.replaceAll(from, to).slice(0, -1));
  row.querySelector("[data-number]").textContent = there.length + 1;
  blank.before(row);
  return row;
}

export function rows(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=more]");
    const row = button && addRow(form, button.value);
    if (!row) return;
    event.preventDefault();
    row.querySelector("input:not([type=checkbox]), select, textarea")?.focus();
  });
}
