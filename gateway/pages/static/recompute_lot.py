"""Draws a lot again from what was published of it, and from nothing else: `python recompute_lot.py FOLDER`."""

import hashlib
import json
import sys
from pathlib import Path


def sha256(*lines: str) -> str:
    """SHA-256 of lines of text."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


written = {name: (Path(sys.argv[1]) / f"{name}.json").read_text("utf-8") for name in ("population", "seeds", "lot")}
population, seeds, lot = map(json.loads, written.values())
assert sha256(written["population"]) == seeds["population"], "总体名单与公布的哈希不一致"
for each in seeds["commitments"]:
    assert sha256(seeds["round"], each["secret"]) == each["commitment"], "揭示的随机数与承诺值不一致"
secrets = [each["secret"] for each in seeds["commitments"]]
public = [seeds["public_value"]["value"]] if "public_value" in seeds else []
seed = sha256(seeds["method"], seeds["population"], *secrets, *public)
strata: dict[tuple[str, str], list[tuple[str, str]]] = {}
for each in population["alliances"]:
    if "left_out" not in each:
        strata.setdefault((each["kind"], each["city"]), []).append((sha256(seed, each["id"]), each["id"]))
first = 1 if population.get("at_least_one") else 0
left, besides = population["draw"] - first * len(strata), sum(len(of) - first for of in strata.values()) or 1
exact = {at: left * (len(strata[at]) - first) for at in sorted(strata)}
share = {at: first + part // besides for at, part in exact.items()}
for at in sorted(exact, key=lambda at: -(exact[at] % besides))[: population["draw"] - sum(share.values())]:
    share[at] += 1
drawn = [filing for at in exact for _, filing in sorted(strata[at])[: share[at]]]
assert (seed, drawn) == (lot["seed"], [each["id"] for each in lot["order"] if each.get("drawn")]), "抽签结果不一致"
sys.stdout.write(f"一致：{len(drawn)}家\n")
