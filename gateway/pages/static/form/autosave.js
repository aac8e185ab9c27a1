// A form saves itself while somebody types: every change in this browser at once, and on the server a moment later. What could not be
// saved is said to be so, is tried again, and is offered when its writer comes back.
import { beginning, drop, keep } from "./kept.js";
import { fill, same, valuesOf } from "./values.js";

const QUIET = 1500; // after the last key
const LONGEST = 8000; // while somebody goes on typing
const AGAIN = 15000; // after a failure
const GOES_ON = "保存后继续刚才的操作；改动所填内容即取消该操作。";

const clock = (at) => new Date(at).toTimeString().slice(0, 5);

export async function autosave(form) {
  const { autosave: address, key: draft, person } = form.dataset;
  const key = `${person} ${draft}`;
  const version = form.elements[form.dataset.version ?? "seen"]; // of the draft, as it was last seen or saved
  const told = form.querySelector("[data-saved]");
  const consent = askConsent();
  let saved = valuesOf(form); // what the server has
  let keeping = Promise.resolve();
  let timer = 0;
  let since = 0; // since when something is unsaved
  let sending = null;
  let leaving = false;
  let stopped = false; // until somebody chose between two windows
  let pressed = null; // what sends the form, until the service is there again

  // Whoever objects is known to nobody: this browser keeps nothing of theirs unless they ask for it.
  function askConsent() {
    const box = form.querySelector("[data-consent]");
    if (!box) return null;
    box.hidden = false;
    const input = box.querySelector("input");
    input.addEventListener("change", () => (input.checked ? remember() : void drop(key).catch(() => {})));
    return input;
  }

  const unsaved = () => !same(saved, valuesOf(form));
  const waiting = () => (pressed ? GOES_ON : "");

  function tell(text, bad = false) {
    if (!told) return;
    told.className = bad ? "saved bad" : "saved";
    told.setAttribute("role", bad ? "alert" : "none");
    if (told.textContent !== text) told.textContent = text;
  }

  function remember() {
    const record = { key, seen: version?.value ?? "", at: Date.now(), values: valuesOf(form) };
    keeping = keep(record).catch(() => tell("这个浏览器不能暂存；请及时保存", true));
  }

  function changed() {
    if (consent && !consent.checked) return;
    remember();
    if (!address || stopped) return;
    since ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => void save(), Math.max(0, Math.min(QUIET, since + LONGEST - Date.now())));
  }

  // Save what stands there; whether it could be.
  function save() {
    clearTimeout(timer);
    return (sending = (sending ?? Promise.resolve()).then(() => send(true)));
  }

  // Save also what is filled in meanwhile, as a name is beside its code when the field is left; whether it could be.
  async function whole() {
    do if (!(await save())) return false;
    while (unsaved());
    return true;
  }

  async function send(renewing) {
    if (stopped) return false;
    const values = valuesOf(form);
    if (same(saved, values)) return settled(values);
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body, redirect: "manual", credentials: "same-origin" });
    } catch {
      return failed("网络不通");
    }
    if (answer.ok) {
      const { seen, held, at } = await answer.json();
      version.value = seen;
      if (form.elements.held) form.elements.held.value = held;
      saved = values;
      tell(`已自动保存 ${at}`);
      return settled(values);
    }
    if (answer.status === 409) return elsewhere(await answer.json());
    if (answer.status === 403 && renewing && (await renewed())) return send(false);
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return signedOut();
    if (answer.status === 404 || answer.status === 410) return over();
    return failed(answer.status === 429 ? "保存过于频繁" : "服务暂时不可用");
  }

  // What is saved need not be kept here; what was typed meanwhile is. A press that waited for it goes on.
  async function settled(values) {
    await keeping;
    if (!same(values, valuesOf(form))) changed();
    else {
      since = 0;
      await drop(key).catch(() => {});
      if (pressed) form.requestSubmit(pressed.submitter);
    }
    return true;
  }

  function failed(why) {
    tell(`没有保存到服务器（${why}）。所填内容已暂存在这台电脑 ${clock(Date.now())}，恢复后自动保存。${waiting()}`, true);
    timer = setTimeout(() => void save(), AGAIN);
    return false;
  }

  function signedOut() {
    tell("登录已过期，没有保存到服务器。所填内容已暂存在这台电脑，", true);
    const link = Object.assign(document.createElement("a"), { href: "/sign-in", target: "_blank", textContent: "在新窗口登录" });
    told?.append(link, `后，回到本页会自动保存。${waiting()}`);
    return false;
  }

  function over() {
    stopped = true;
    tell("这份草稿已经提交或者删除，此后填写的没有保存", true);
    return false;
  }

  // The page's token is of a session that is over: another is on the page as it is served now, to the same person.
  async function renewed() {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const form_ = [...page.querySelectorAll("form[data-autosave]")].find((each) => each.dataset.key === draft);
      const csrf = form_?.querySelector("input[name=csrf]")?.value;
      if (!csrf || form_.dataset.person !== person) return false;
      for (const each of document.querySelectorAll("input[name=csrf]")) each.value = csrf;
      return true;
    } catch {
      return false;
    }
  }

  // Another window saved something else: both are shown, and nothing is overwritten until somebody chose.
  function elsewhere({ elsewhere: table, seen }) {
    stopped = true;
    pressed = null;
    tell("没有保存：另一个窗口已保存了不同的内容，请先选择", true);
    const box = banner("另一个窗口（或者本单位的另一位经办人）已保存了不同的内容。", table);
    choice(box, "以本页的内容为准", () => {
      stopped = false;
      version.value = seen;
      if (form.elements.held) form.elements.held.value = "";
      void save();
    });
    choice(box, "改用已保存的内容", reload);
    box.scrollIntoView({ block: "center" });
    return false;
  }

  async function reload() {
    leaving = true;
    await drop(key).catch(() => {});
    location.reload();
  }

  function banner(text, html = "") {
    document.querySelector("[data-offered]")?.remove();
    const box = Object.assign(document.createElement("div"), { className: "notice warn", innerHTML: html });
    box.dataset.offered = "";
    box.setAttribute("role", "alert");
    box.prepend(Object.assign(document.createElement("p"), { textContent: text }));
    form.before(box);
    return box;
  }

  function choice(box, words, does) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: words });
    button.addEventListener("click", () => {
      box.remove();
      does();
    });
    box.append(button, " ");
  }

  // What was typed here last time and never saved comes back: by itself where nobody saved anything since, else it is offered.
  async function comesBack() {
    const [record] = await beginning(key).catch(() => []);
    if (!record) return;
    if (same(record.values, saved)) return drop(key);
    const at = clock(record.at);
    const before = valuesOf(form);
    const take = () => {
      fill(form, record.values);
      form.dispatchEvent(new Event("input", { bubbles: true }));
    };
    if (consent) consent.checked = true;
    if (record.seen === (version?.value ?? "")) {
      take();
      const box = banner(`已恢复上次在这台电脑上填写、没有来得及保存的内容（${at}）。`);
      choice(box, "知道了", () => {});
      choice(box, "不要恢复", () => {
        fill(form, before);
        changed();
      });
    } else {
      const box = banner(`这台电脑上还有${at}填写而没有保存的内容；此后这份草稿已在别处保存过。`);
      choice(box, "用这台电脑上的", take);
      choice(box, "不要了", () => drop(key));
    }
  }

  // Whoever goes on filling in takes a press back that still waits; what the form fills in by itself does not.
  form.addEventListener("input", ({ isTrusted }) => {
    if (isTrusted) pressed = null;
    changed();
  });
  form.addEventListener("change", changed);
  addEventListener("online", () => unsaved() && void save());
  addEventListener("focus", () => address && unsaved() && void save());
  addEventListener("pagehide", () => unsaved() && remember());
  addEventListener("beforeunload", (event) => {
    if (!leaving && unsaved()) event.preventDefault();
  });
  // It is sent once everything is saved: what is on its way cannot get lost then. Where it cannot be saved, the press waits.
  form.addEventListener("submit", async (event) => {
    if (leaving) return;
    pressed = null;
    if (!address) {
      leaving = true;
      void drop(key).catch(() => {});
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (!(await whole()) && unsaved()) {
      document.querySelector("[data-offered]")?.scrollIntoView({ block: "center" });
      if (!stopped && !pressed) {
        pressed = event;
        told?.append(waiting());
      }
      return;
    }
    if (leaving) return;
    leaving = true;
    form.requestSubmit(event.submitter);
  });
  addEventListener("pageshow", () => (leaving = false));
  await comesBack().catch(() => {});
  form.dataset.ready = "";
}
