"use strict";
// What makes the pages quick. Everything works without it.

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// Keys on a table: j and k walk its rows, x ticks one, Enter opens it; / goes to the search box, ? lists the keys.
function rows() {
  return [...document.querySelectorAll("table[data-keys] tbody tr")].filter((row) => row.querySelector("a"));
}

function walk(step) {
  const all = rows();
  if (all.length === 0) return;
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key;
  if (key === "j") walk(1);
  else if (key === "k") walk(-1);
  else if (key === "x") document.activeElement.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  else if (key === "/") document.querySelector("[data-key='/']")?.focus();
  else return;
  event.preventDefault();
});

// One box ticks all of its form.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  if (!all) return;
  for (const box of all.form.querySelectorAll(`input[name='${all.dataset.checkAll}']`)) box.checked = all.checked;
});

// What is longer than a field takes is counted while it can still be shortened; nothing is cut.
document.addEventListener("input", (event) => {
  const { limit } = event.target.dataset;
  if (!limit) return;
  const count = [...event.target.value.replace(/\r\n/g, "\n").trim()].length;
  let told = event.target.parentElement.querySelector("[data-count]");
  if (!told) event.target.after((told = Object.assign(document.createElement("small"), { className: "soft" })));
  told.dataset.count = count;
  told.textContent = count > 0.9 * limit ? `限${limit}字，现有${count}字` : "";
});

// What goes out is what was read: once something is edited, the button looks at it anew.
for (const send of document.querySelectorAll("[data-send]")) {
  const now = () => new URLSearchParams(new FormData(send.form)).toString();
  const [read, says] = [now(), send.textContent];
  send.form.addEventListener("input", () => {
    const edited = now() !== read;
    send.textContent = edited ? "所填已改动，请重新预览" : says;
    send.name = edited ? "do" : "";
    send.value = edited ? "preview" : "";
  });
}

// A form is sent once; the act's id would make a second time harmless, but slow.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  else if (!event.submitter?.name) form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

// Findings while typing: the form as it stands is looked at a moment after the last key, until it is sent: by then what it
// was filled in for may be gone.
function watch(form) {
  let waiting = 0;
  let asking = new AbortController();
  const stop = () => {
    clearTimeout(waiting);
    asking.abort();
  };
  const look = async () => {
    stop();
    const { signal } = (asking = new AbortController());
    const filled = new FormData(form);
    for (const [name, value] of [...filled]) if (value instanceof File) filled.delete(name);
    const how = { method: "POST", body: filled, credentials: "same-origin", signal };
    const answer = await fetch(form.dataset.findings, how);
    const found = await answer.text();
    const place = document.getElementById("findings");
    if (!answer.ok || !place || signal.aborted) return;
    place.innerHTML = found;
    place.dispatchEvent(new Event("found"));
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look().catch(() => {}), 600);
  });
  form.addEventListener("submit", stop);
}

document.querySelectorAll("form[data-findings]").forEach(watch);

// A secret and its commitment are made here and sent nowhere: the page only fills in the form that commits (docs/lots.zh.md).
document.querySelectorAll("[data-seed]").forEach((box) => {
  if (!globalThis.crypto?.subtle) return;
  box.hidden = false;
  box.querySelector("button").addEventListener("click", async () => {
    const hex = (bytes) => [...new Uint8Array(bytes)].map((each) => each.toString(16).padStart(2, "0")).join("");
    const secret = hex(crypto.getRandomValues(new Uint8Array(16)));
    const text = new TextEncoder().encode(`${box.dataset.seed}\n${secret}`);
    const commitment = hex(await crypto.subtle.digest("SHA-256", text));
    box.querySelector("[data-secret]").textContent = secret;
    box.querySelector("[data-commitment]").textContent = commitment;
    const commit = box.querySelector("[data-commit]");
    commit.href = `${commit.pathname}?commitment=${commitment}`;
    box.querySelector("[data-keep]").href = `data:text/plain,${secret}%0A`;
    box.querySelectorAll("[hidden]").forEach((each) => (each.hidden = false));
  });
});

// A sentence of the office (常用语) is written where the cursor stands; without this it is written in when the form is sent.
document.addEventListener("change", (event) => {
  const { phrases } = event.target.dataset;
  const text = phrases && document.getElementById(phrases);
  if (!text || !event.target.value) return;
  const said = text.selectionStart && !/\n$/.test(text.value.slice(0, text.selectionStart)) ? `\n${event.target.value}` : event.target.value;
  text.setRangeText(said, text.selectionStart, text.selectionEnd, "end");
  event.target.value = "";
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
});
