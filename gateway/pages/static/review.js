"use strict";
// Keys and saving on the page where an application is read and decided. Everything works without it.

(() => {
  const form = document.querySelector("form[data-review]");
  if (!form) return;
  const checks = [...form.querySelectorAll("[data-check]")];
  const frame = document.querySelector("iframe[name=proof]");
  const written = "input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea, select, [contenteditable]";

  const answered = (check) => check.querySelector("input[type=radio]:checked") !== null;
  const open = () => checks.find((check) => !answered(check));
  const now = () => checks.find((check) => check.hasAttribute("data-current"));

  // What proves a check stands beside it once it is the one that is looked at.
  function proof(link) {
    if (!frame || !link) return;
    for (const each of form.querySelectorAll(".proofs a[aria-current]")) each.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    if (frame.src !== link.href) frame.src = link.href;
  }

  function look(check) {
    if (!check || check === now()) return;
    now()?.removeAttribute("data-current");
    check.setAttribute("data-current", "");
    const links = [...check.querySelectorAll(".proofs a")];
    if (!links.some((link) => link.href === frame?.src)) proof(links[0]);
  }

  function go(check) {
    if (!check) return;
    look(check);
    check.focus({ preventScroll: true });
    check.scrollIntoView({ block: "start" });
  }

  function next() {
    const at = checks.indexOf(now());
    const after = [...checks.slice(at + 1), ...checks.slice(0, at + 1)].find((check) => !answered(check));
    if (after) go(after);
    else form.querySelector("[data-decide]")?.focus();
  }

  function count() {
    const told = form.querySelector("[data-count-answers]");
    told.textContent = `已核对${checks.filter(answered).length}项，共${checks.length}项`;
  }

  function give(verdict) {
    const radio = now()?.querySelector(`input[type=radio][value=${verdict}]`);
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    if (verdict === "met") next();
    else now().querySelector("input[type=text]").focus();
  }

  const keys = {
    n: next,
    j: () => go(checks[Math.min(checks.indexOf(now()) + 1, checks.length - 1)]),
    k: () => go(checks[Math.max(checks.indexOf(now()) - 1, 0)]),
    1: () => give("met"),
    2: () => give("unmet"),
    3: () => give("lacking"),
    o() {
      const links = [...(now()?.querySelectorAll(".proofs a") ?? [])];
      proof(links[(links.findIndex((link) => link.hasAttribute("aria-current")) + 1) % links.length]);
    },
    e: () => now()?.querySelector("input[type=text]").focus(),
    d: () => form.querySelector("[data-decide]")?.click(),
    "?"() {
      const told = document.getElementById("keys");
      told.open = !told.open;
      if (told.open) told.querySelector("summary").focus();
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest(written)) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    keys[event.key]();
  }, true);
  form.addEventListener("focusin", (event) => look(event.target.closest("[data-check]")));
  form.addEventListener("click", (event) => {
    const link = event.target.closest(".proofs a");
    if (!link || !frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    proof(link);
  });

  // What was answered is kept a moment after the last change, and when the page is left; until another page turns out to have saved
  // something else, or a later version to be there: from then on the button decides.
  let waiting = 0;
  let apart = false;
  let asking = new AbortController();
  const filled = () => {
    const data = new FormData(form);
    data.set("do", "kept");
    return data;
  };
  // What was saved is what stands there now: the next change is one of this.
  function saved(body) {
    for (const was of form.querySelectorAll("[data-was]")) {
      const code = was.name.slice(0, -"/was".length);
      was.value = `${body.get(`${code}/answer`) ?? ""}:${(body.get(`${code}/note`) ?? "").trim()}`;
    }
  }
  async function keep() {
    waiting = 0;
    asking.abort();
    asking = new AbortController();
    const body = filled();
    const how = { method: "POST", body, credentials: "same-origin", signal: asking.signal };
    const place = form.querySelector("[data-kept]");
    try {
      const answer = await fetch(form.action, how);
      apart = answer.status === 409;
      place.textContent = answer.ok || apart ? await answer.text() : "没有保存，请按“保存”重试";
      if (answer.ok) saved(body);
    } catch (fault) {
      if (fault.name !== "AbortError") place.textContent = "没有保存，请检查网络后按“保存”";
    }
  }
  function changed(event) {
    const check = event.target.closest("[data-check]");
    const radio = check?.querySelector("input[type=radio]:checked");
    if (check && radio) check.className = `check ${radio.value}`;
    count();
    clearTimeout(waiting);
    if (!apart) waiting = setTimeout(keep, 500);
  }
  form.addEventListener("change", changed);
  form.addEventListener("input", changed);
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    waiting = 0;
    asking.abort();
  });
  addEventListener("pagehide", () => {
    if (waiting) navigator.sendBeacon(form.action, filled());
  });

  // Where one goes on reading. After a decision was asked for its button has the focus: the address names it.
  if (!document.querySelector("[data-send]")) look(open() ?? checks[0]);
})();
