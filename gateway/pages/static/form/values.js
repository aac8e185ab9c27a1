// What stands in a form, as it would be sent; and back into it.
import { addRow } from "./rows.js";

const OURS = new Set(["csrf", "seen", "draft", "held", "part", "id", "remove", "offered", "key", "website", "previewed"]);

export function valuesOf(form) {
  const filled = [...new FormData(form)];
  return filled.filter(([name, value]) => typeof value === "string" && !OURS.has(name));
}

const text = (values) => JSON.stringify(values.map(([name, value]) => [name, value.replace(/\r\n/g, "\n")]));

// Whether two say the same: an empty row, and a choice that was never made, say nothing.
export function same(one, other) {
  const said = (values) => text(values.filter(([, value]) => value !== "").sort());
  return said(one) === said(other);
}

// The inputs of a name; where they are in a row that is not there yet, it is added.
function inputs(form, name) {
  const found = () => [...form.elements].filter((each) => each.name === name && each.type !== "file");
  const [, list, number] = name.match(/^(.*?)\/(\d+)(?:\/|$)/) ?? [];
  while (!found().length && list && Number(number) < 1000) if (!addRow(form, list, Number(number))) break;
  return found();
}

export function fill(form, values) {
  const told = new Map();
  for (const [name, value] of values) told.set(name, [...(told.get(name) ?? []), value]);
  for (const each of form.elements) if (/radio|checkbox/.test(each.type) && !OURS.has(each.name)) each.checked = false;
  for (const [name, some] of told)
    for (const each of inputs(form, name)) {
      if (/radio|checkbox/.test(each.type)) each.checked = some.includes(each.value);
      else if (each.type !== "hidden") each.value = some[0];
    }
}
