"use strict";
// Checks proofs of the log in the browser (RFC 6962, C2SP tlog-checkpoint, tlog-tiles); what it reads stands on the page as text.

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (some) => [...some].map((each) => each.toString(16).padStart(2, "0")).join("");
const unpacked = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
const utf8 = (text) => new TextEncoder().encode(text);
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (some) => new Uint8Array(await crypto.subtle.digest("SHA-256", some));
const node = (left, right) => sha256(joined([1], left, right));
const same = (one, other) => hex(one) === hex(other);

class Wrong extends Error {}

// A checkpoint: its text, size and root, and the lines of its signatures.
function checkpointOf(note) {
  const cut = note.indexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const [, size, root] = text.split("\n");
  return { text, size: Number(size), root: unpacked(root), lines: note.slice(cut + 2).split("\n").filter(Boolean) };
}

// Whether one of the keys has signed it; null where the browser cannot tell.
async function isSigned({ text, lines }, keys) {
  for (const key of keys) {
    const [name, id, encoded] = [key.split("+", 2)[0], key.split("+", 2)[1], key.split("+").slice(2).join("+")];
    for (const line of lines) {
      const [signer, signature] = line.slice(2).split(" ");
      const packed = unpacked(signature);
      if (signer !== name || hex(packed.slice(0, 4)) !== id) continue;
      try {
        const known = await crypto.subtle.importKey("raw", unpacked(encoded).slice(1), "Ed25519", false, ["verify"]);
        if (!(await crypto.subtle.verify("Ed25519", known, packed.slice(4), utf8(text)))) throw new Wrong("签名不实");
        return true;
      } catch (error) {
        if (error instanceof Wrong) throw error;
        if (error.name !== "NotSupportedError") throw new Wrong("公钥不合格式");
        return null;
      }
    }
  }
  throw new Wrong("检查点没有所载公钥的签名");
}

// Whether the page shows what a round published as it was published: cell by cell, no row more or less, no line of a text.
function shows(notice, shown) {
  const [name] = document.querySelector(".about").textContent.trim().split(" · ");
  if (name !== OF_ROUNDS[notice.kind]) throw new Wrong(`网页所示的“${name}”与所证明的公布种类不同`);
  const at = (path) => path.split(".").reduce((value, name) => value?.[name], shown);
  for (const cell of document.querySelectorAll("[data-proves]")) {
    const said = at(cell.dataset.proves);
    if (said !== undefined && String(said) !== cell.textContent.trim()) throw new Wrong(`网页所示的“${cell.textContent.trim()}”与所证明的原文不同`);
  }
  for (const rows of document.querySelectorAll("[data-rows]")) {
    if (at(rows.dataset.rows)?.length !== rows.children.length) throw new Wrong("网页所示的行数与所证明的原文不同");
  }
  for (const text of document.querySelectorAll("[data-lines]")) {
    const lines = at(text.dataset.lines).split("\n").map((line) => line.trim()).filter(Boolean);
    if (lines.join("\n") !== [...text.children].map((line) => line.textContent.trim()).join("\n")) throw new Wrong("网页所示的正文与所证明的原文不同");
  }
}

// What each kind of a filing's announcement is called, its title and its lead; written here when the site is.
const WORDINGS = {};

// What each kind of what rounds publish is called; written here when the site is.
const OF_ROUNDS = {};

// A day as offices write it.
const onDay = (day) => day.split("-").map(Number).map((part, n) => `${part}${"年月日"[n]}`).join("");

// Whether the page shows what a filing's announcement says: title, lead, every fact and no other, members one by one.
function showsOfFiling(notice, shown) {
  const wording = WORDINGS[notice.kind];
  const text = (selector) => document.querySelector(selector)?.textContent.trim() ?? "";
  const same = (name, wanted, seen) => {
    if (wanted !== seen) throw new Wrong(`网页所示的${name}与所证明的原文不同`);
  };
  const worded = (pattern) => pattern.replace("{}", () => shown["联盟名称"]);
  same("标题", worded(wording.title), text("h1"));
  same("标题", worded(wording.title), document.title.split(" · ")[0]);
  same("首句", worded(wording.lead), text(".lead"));
  same("公告种类", wording.label, text(".about").split(" · ")[0]);
  same("异议方式", shown["异议方式"] ? `${shown["异议方式"]}。` : "", text("[aria-labelledby=objecting] > p"));
  const period = notice.shown_until ? `${onDay(notice.shown_from)}至${onDay(notice.shown_until)}24时` : undefined;
  const facts = { ...shown, 公告网址: shown["网址"], 公示期: period };
  for (const name of ["网址", "异议方式"]) delete facts[name];
  const seen = new Map([...document.querySelectorAll(".facts dt")].map((each) => [each.textContent, each.nextElementSibling]));
  for (const name of new Set([...seen.keys(), ...Object.keys(facts)])) {
    const parts = seen.has(name) ? [...seen.get(name).querySelectorAll("li")] : [];
    const told = parts.length ? parts.map((each) => each.textContent).join("\n") : seen.get(name)?.textContent ?? "";
    same(name, [facts[name] ?? []].flat().join("\n"), told);
  }
}

// The notice on this page, up to the root of the day.
async function checkNotice(section) {
  const read = (name) => section.querySelector(`[data-${name}]`).textContent;
  const covers = hex(await sha256(utf8(read("said"))));
  if (covers !== read("covers")) throw new Wrong("公告原文与其摘要不符");
  const notice = JSON.parse(read("said"));
  const shown = JSON.parse(notice.content);
  const at = new Date(Math.max(new Date(notice.published_at), new Date(`${notice.shown_from}T00:00:00+08:00`)) + 8 * 3600_000);
  const day = `${at.getUTCFullYear()}年${at.getUTCMonth() + 1}月${at.getUTCDate()}日`;
  if (!document.querySelector(".about").textContent.trim().endsWith(`发布于${day}`)) throw new Wrong("网页所示的发布日期与所证明的原文不同");
  if (WORDINGS[notice.kind]) showsOfFiling(notice, shown);
  else shows(notice, shown);
  const said = await sha256(utf8(`beian leaf 1\nnotice\n${read("nonce")}\n${covers}\n`));
  let now = await sha256(joined([0], said));
  let place = Number(section.dataset.position);
  let last = Number(section.dataset.size) - 1;
  for (const other of section.querySelectorAll("[data-other]")) {
    const left = place % 2 === 1 || place === last;
    if (left !== (other.dataset.other === "left") || last === 0) throw new Wrong("路径与位置不符");
    now = left ? await node(bytes(other.textContent), now) : await node(now, bytes(other.textContent));
    while (left && place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  const signed = checkpointOf(read("note"));
  if (last !== 0 || !same(now, signed.root) || signed.size !== Number(section.dataset.size)) throw new Wrong("路径不通到所签的根");
  const keys = [...section.querySelectorAll("[data-key]")].map((each) => each.textContent);
  const known = await isSigned(signed, keys);
  const whose = notice.filing_id ? `备案 ${notice.filing_id}` : `公布 ${notice.id}，该轮次`;
  const proven = `所证明的是${whose} 第${notice.number}号登记的公告（${WORDINGS[notice.kind]?.label ?? OF_ROUNDS[notice.kind]}，${onDay(notice.shown_from)}）。`;
  return `${known ? "核验通过" : "没有发现不符，但签名未核"}：${proven}公告原文、第${section.dataset.position}条和路径与根 ${hex(now)} 相符，${known ? "签名属实" : "签名未核（本浏览器不支持 Ed25519，请离线核验）"}。根和公钥请与您另外得知的比对。`;
}

// The tree as its published tiles make it: roots at any size, by the same hashes, so that the smaller is a beginning of the larger.
const WIDTH = 256;

class Tiles {
  constructor(size) {
    Object.assign(this, { size, read: new Map() });
  }

  async tile(level, number) {
    const name = `${level}/${number}`;
    if (!this.read.has(name)) {
      const width = Math.min(WIDTH, Math.floor(this.size / WIDTH ** level) - number * WIDTH);
      const digits = String(number).padStart(3, "0");
      const parts = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g);
      const path = [...parts.slice(0, -1).map((each) => `x${each}`), parts.at(-1)].join("/");
      const whole = `tile/${level}/${path}`;
      let answer = await fetch(width === WIDTH ? whole : `${whole}.p/${width}`);
      if (answer.status === 404) answer = await fetch(whole);
      if (answer.status === 429 || answer.status >= 500) throw new Wrong("日志文件暂时无法读取，请稍后再试");
      if (!answer.ok) throw new Wrong(`日志文件 ${whole} 缺失`);
      this.read.set(name, new Uint8Array(await answer.arrayBuffer()));
    }
    return this.read.get(name);
  }

  async complete(height, index) {
    const [level, above] = [Math.floor(height / 8), height % 8];
    const first = index * 2 ** above;
    const tile = await this.tile(level, Math.floor(first / WIDTH));
    let hashes = Array.from({ length: 2 ** above }, (_, n) => tile.slice(((first % WIDTH) + n) * 32, ((first % WIDTH) + n + 1) * 32));
    if (hashes.some((each) => each.length !== 32)) throw new Wrong("日志文件不全");
    while (hashes.length > 1) hashes = await Promise.all(hashes.filter((_, n) => n % 2 === 0).map((each, n) => node(each, hashes[2 * n + 1])));
    return hashes[0];
  }

  // The hash over the leaves from `start` to before `end`; ranges on both sides of `old` are taken apart.
  async over(start, end, old) {
    const height = Math.log2(end - start);
    if (Number.isInteger(height) && (end <= old || start >= old)) return this.complete(height, start / (end - start));
    let half = 1;
    while (half * 2 < end - start) half *= 2;
    return node(await this.over(start, start + half, old), await this.over(start + half, end, old));
  }
}

async function checkKept(field) {
  const said = field.value.trim();
  const isNote = said.split("\n").length > 2;
  const kept = isNote ? checkpointOf(`${said}\n\n`) : null;
  const wanted = isNote ? hex(kept.root) : /^[0-9a-f]{64}$/i.test(said) ? said.toLowerCase() : hex(unpacked(said));
  const rows = [...document.querySelectorAll("[data-root]")];
  const row = rows.find((each) => each.dataset.root === wanted);
  const size = kept?.size ?? Number(row?.dataset.size);
  if (!size) throw new Wrong("上表中没有这个根；若为某一时刻的检查点，请粘贴其全文");
  const [note, keys] = await Promise.all(["checkpoint", "keys"].map(async (name) => {
    const answer = await fetch(name, { cache: "no-store" });
    if (!answer.ok) throw new Wrong("检查点或者公钥暂时无法读取，请稍后再试");
    return answer.text();
  }));
  const signed = checkpointOf(note);
  if (kept && kept.text.split("\n")[0] !== signed.text.split("\n")[0]) throw new Wrong("所粘贴的不是本日志的检查点");
  if (kept) await isSigned(kept, keys.split("\n").filter(Boolean));
  if (signed.text.includes("\ndigest ")) throw new Wrong("本日志不以 SHA-256 计算，请离线核验");
  if (size > signed.size) throw new Wrong(`日志现在只有${signed.size}条，少于您所留存的${size}条：已被截短`);
  const tiles = new Tiles(signed.size);
  if (!same(await tiles.over(0, signed.size, size), signed.root)) throw new Wrong("日志文件与其检查点不符");
  if (hex(await tiles.over(0, size, size)) !== wanted) throw new Wrong("您所留存的根与现在的日志不符：日志已被改写");
  return `相符：您留存的${size}条现在仍是日志的前段，未经改动。此后新增${signed.size - size}条${row ? `，见表中${row.cells[0].textContent}以上各行` : ""}。`;
}

// A check when it is asked for; what came of it is told in words.
function offer(name, check) {
  const asked = document.querySelector(`[data-check="${name}"]`);
  const told = document.querySelector(`[data-told="${name}"]`);
  if (!asked) return;
  if (!globalThis.crypto?.subtle) {
    told.textContent = "本浏览器或者此连接（未加密）不能计算摘要，请离线核验。";
    return;
  }
  asked.hidden = false;
  asked.querySelector("button").addEventListener("click", async () => {
    try {
      told.textContent = await check();
      told.className = /^(核验通过|相符)/.test(told.textContent) ? "notice good" : "notice";
    } catch (error) {
      told.textContent = `未通过：${error instanceof Wrong ? error.message : "所载内容无法读取"}`;
      told.className = "notice bad";
    }
  });
}

const section = document.querySelector("section.proven");
if (section && section.dataset.digest !== "sha-256") {
  document.querySelector('[data-told="proof"]').textContent = "本日志不以 SHA-256 计算，请离线核验。";
} else {
  offer("proof", () => checkNotice(section));
}
offer("kept", () => checkKept(document.querySelector("#kept-root")));
