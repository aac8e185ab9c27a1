// A long form in the browser: what each module adds to it. Without them the form works all the same.
import { autosave } from "./autosave.js";
import { codes } from "./codes.js";
import { inPlace } from "./findings.js";
import { rows } from "./rows.js";
import { unsaved } from "./unsaved.js";
import { uploads } from "./uploads.js";

for (const form of document.querySelectorAll("form[data-autosave], form[data-keep]")) {
  rows(form);
  codes(form);
  inPlace(form);
  uploads(form);
  autosave(form);
}
for (const place of document.querySelectorAll("[data-unsaved]")) void unsaved(place);
