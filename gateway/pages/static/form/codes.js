// 统一社会信用代码 (GB 32100-2015) while it is typed: written down in one way, and its check character looked at. The server
// looks again, and what it finds stands (regulation/codes.py).
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

export const normalised = (code) => code.normalize("NFKC").toUpperCase().replace(/\s+/g, "");

export function isCode(code) {
  if (!/^[1-9ANY].\d{6}.{10}$/.test(code) || [...code].some((char) => !ALPHABET.includes(char))) return false;
  const total = WEIGHTS.reduce((sum, weight, at) => sum + weight * ALPHABET.indexOf(code[at]), 0);
  return ALPHABET[(31 - (total % 31)) % 31] === code[17];
}

// A member from abroad has a number of another sort.
function isForeign(input) {
  const country = input.form.elements[input.name.replace(/\/code$/, "/country")];
  return input.name.endsWith("/code") && country && country.value.trim().toUpperCase() !== "CN";
}

function look(input, left) {
  const code = normalised(input.value);
  const whole = /^[0-9A-Z]{18}$/.test(code);
  if (left && whole && code !== input.value) input.value = code;
  const wrong = code && !isForeign(input) && (left ? !isCode(code) : whole && !isCode(code));
  const told = input.parentElement.querySelector("[data-code-told]");
  const said = !wrong ? "" : whole ? "18位中有写错或者颠倒的，请对照证照逐位核对" : `应为18位，现为${[...code].length}位`;
  if (told) told.textContent = said;
  else if (said) input.after(Object.assign(document.createElement("small"), { className: "amiss", textContent: said }));
  const made = input.nextElementSibling;
  if (!told && said) made.dataset.codeTold = "";
}

// The name that goes with a code: in this form, or in what this leader submitted before (the page tells it). What was typed stays.
function name(input) {
  const code = normalised(input.value);
  const place = input.form.elements[input.name.replace(/\/(uscc|code)$/, "/name")];
  if (!place || place.value.trim() || !code) return;
  const told = [...(document.getElementById("names-told")?.options ?? [])].find((each) => each.value === code);
  const other = [...input.form.querySelectorAll("[data-code]")].find((each) => each !== input && normalised(each.value) === code);
  const here = other && input.form.elements[other.name.replace(/\/(uscc|code)$/, "/name")]?.value;
  place.value = told?.textContent ?? here ?? "";
  if (place.value) place.dispatchEvent(new Event("input", { bubbles: true }));
}

export function codes(form) {
  form.addEventListener("focusin", ({ target }) => {
    if (target.matches?.("[data-code]") && document.getElementById("names-told")) target.setAttribute("list", "names-told");
  });
  form.addEventListener("focusout", ({ target }) => target.matches?.("[data-code]") && name(target));
  for (const [kind, left] of [["input", false], ["focusout", true]])
    form.addEventListener(kind, (event) => event.target.matches?.("[data-code]") && look(event.target, left));
}
