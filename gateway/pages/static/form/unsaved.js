// Of a form that is filled in by steps: which other pages of it have something in this browser that was typed and never saved.
import { beginning } from "./kept.js";

export async function unsaved(place) {
  const { person, draft, here } = place.dataset;
  const start = `${person} ${draft}/`;
  for (const { key } of await beginning(start).catch(() => [])) {
    const part = key.slice(start.length);
    if (part === here) continue;
    const at = CSS.escape(part || "all");
    const named = document.querySelector(`#title-${at}, [href$="?step=${at}"], [href*="?step=${at}&"]`);
    const link = Object.assign(document.createElement("a"), { href: `?step=${part || "all"}`, textContent: named?.textContent ?? "整表" });
    const told = Object.assign(document.createElement("p"), { className: "banner", textContent: "这台电脑上还有填写而没有保存的内容：" });
    told.append(link);
    place.append(told);
  }
}
