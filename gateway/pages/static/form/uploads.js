// Documents: dropped or chosen, several at once; looked at before they are sent, hashed here and compared with what the server
// stored. Without JavaScript each row has its own file input, and all are sent with the form.
import { addRow } from "./rows.js";

const hex = (bytes) => [...new Uint8Array(bytes)].map((each) => each.toString(16).padStart(2, "0")).join("");
const megabytes = (size) => (size < 100000 ? `${Math.ceil(size / 1000)} KB` : `${(size / 1e6).toFixed(1)} MB`);

// What the name of a file says of what it is; whoever brought it corrects it.
const CALLED = [
  ["D1", /申请表/], ["D2", /协议/], ["D4", /纳税|所得税|申报表/], ["D5a", /加计扣除/], ["D5b", /审计/],
  ["D6", /专利|著作权|知识产权|品种权/], ["D3", /执照|证书|法人|登记证/],
];
const kindOf = (name) => CALLED.find(([, words]) => words.test(name))?.[0] ?? "";

export function uploads(form) {
  const { upload: address, largest, endings } = form.dataset;
  if (!largest) return;

  // Why a file would not be taken, told before it is sent; the server looks again.
  function unfit(file) {
    const ending = (file.name.match(/\.[^.]+$/)?.[0] ?? "").toLowerCase();
    if (!endings.split(",").includes(ending)) return `只接收${endings.replaceAll(".", "").replaceAll(",", "、")}文件`;
    if (file.size > Number(largest)) return `文件为${megabytes(file.size)}，不得超过${megabytes(Number(largest))}`;
    return file.size ? "" : "文件是空的";
  }

  form.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file") return;
    const files = [...input.files];
    if (input.matches("[data-several]")) {
      input.value = "";
      return void bring(files);
    }
    const row = input.closest("[data-document]");
    const [file] = files;
    if (!file) return;
    if (address && row) {
      input.value = "";
      return void put(file, row);
    }
    const why = unfit(file);
    input.setCustomValidity(why);
    say(input.parentElement, why ? `“${file.name}”未选：${why}` : "", true);
    if (why) input.value = "";
  });
  if (!address) return;

  const zone = form.querySelector("[data-drop]");
  if (zone) zone.hidden = false;
  for (const kind of ["dragover", "drop"])
    form.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (kind === "drop") {
        const row = event.target.closest?.("[data-document]");
        const files = [...event.dataTransfer.files];
        void (row && files.length === 1 ? put(files[0], row) : bring(files));
      }
    });

  // Each file goes to a row that still lacks one of its sort; where there is none, a row is added, and goes again if its file is refused.
  async function bring(files) {
    const refused = files.filter(unfit).map((file) => `“${file.name}”未上传：${unfit(file)}`);
    if (zone) say(zone, refused.join("；"), true);
    for (const file of files.filter((each) => !unfit(each))) {
      const before = new Set(form.querySelectorAll("[data-document]"));
      const row = rowFor(file.name);
      const why = await put(file, row);
      if (!why || !zone || before.has(row)) continue;
      row.closest("[data-row]").remove();
      refused.push(why);
      say(zone, refused.join("；"), true);
    }
  }

  function rowFor(name) {
    const rows = [...form.querySelectorAll("[data-document]")];
    const kind = kindOf(name);
    const free = rows.filter((row) => !part(row, "location").value);
    const alike = free.filter((row) => part(row, "kind").value === kind);
    const owner = alike.find((row) => names(name).includes(part(row, "owner")?.value));
    const found = owner ?? (kind === "D3" && alike.length > 1 ? undefined : alike[0]);
    const row = found ?? free.find((each) => !part(each, "kind").value && !each.dataset.busy);
    if (row) return row;
    const added = addRow(form, "/documents")?.querySelector("[data-document]");
    if (added && kind) part(added, "kind").value = kind;
    return added;
  }

  // The codes of members whose name is in the name of a file.
  function names(name) {
    return [...form.elements]
      .filter((each) => /^\/(leader|members\/\d+)\/name$/.test(each.name) && each.value && name.includes(each.value))
      .map((each) => form.elements[each.name.replace("leader/name", "leader/uscc").replace(/(\d+)\/name$/, "$1/code")]?.value);
  }

  const part = (row, name) => form.elements[`${row.dataset.document}/${name}`];

  // Send a file for a row, and say there what came of it; why it was not taken, if it was not.
  async function put(file, row) {
    if (!row || row.dataset.busy) return "";
    const why = unfit(file);
    if (why) return void say(row, `“${file.name}”未上传：${why}`, true);
    row.dataset.busy = "1";
    const bar = Object.assign(document.createElement("progress"), { max: file.size, value: 0 });
    bar.setAttribute("aria-label", `上传 ${file.name}`);
    say(row, `正在上传“${file.name}”（${megabytes(file.size)}）`).append(" ", bar);
    try {
      const here = crypto.subtle ? hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())) : "";
      const stored = await send(file, here, (loaded) => (bar.value = loaded));
      for (const [name, value] of Object.entries(stored)) if (part(row, name)) part(row, name).value = value;
      const alike = here && here === stored.sha256;
      say(row, `已上传“${stored.name}”（${megabytes(stored.size)}）${alike ? `，摘要 ${here.slice(0, 12)}… 与服务器一致` : ""}`);
      part(row, "location").dispatchEvent(new Event("input", { bubbles: true }));
      return "";
    } catch (error) {
      const why = `“${file.name}”未上传：${error.message}`;
      say(row, why, true);
      return why;
    } finally {
      delete row.dataset.busy;
    }
  }

  // fetch tells no progress.
  function send(file, sha256, progress) {
    const body = new FormData();
    body.append("csrf", form.elements.csrf.value);
    if (sha256) body.append("sha256", sha256);
    body.append("file", file);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", address);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded }) => progress(loaded);
      request.onerror = () => reject(new Error("网络不通，请稍后再传"));
      request.onload = () => {
        const { status, response } = request;
        if (status === 201 && response) resolve(response);
        else reject(new Error(response?.message ?? (status === 413 ? "文件过大" : "服务暂时不可用，或者登录已过期")));
      };
      request.send(body);
    });
  }
}

function say(place, text, bad = false) {
  let told = place.querySelector("[data-uploaded]");
  if (!told) place.append((told = Object.assign(document.createElement("p"), { className: "soft" })));
  told.dataset.uploaded = "";
  told.className = bad ? "amiss" : "soft";
  told.setAttribute("role", bad ? "alert" : "status");
  told.textContent = text;
  return told;
}
