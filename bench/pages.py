"""How soon each sort of page is seen, and what it weighs, in a browser on a processor slowed four times.

`python -m bench.pages 'http://127.0.0.1:8080/sign-in?token=…'`, at a house that `make run` started and `make seed` filled: the link
that it printed. Each page is opened anew a few times, with its sheet and scripts kept as a visitor has them who was here before.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import click
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as Refused

from tests.test_browser import CHROMIUM, chromium

SLOWED = 4
"""How many times slower the processor is than this one."""
SOON, HEAVY = 300, 100_000
"""Milliseconds within which a page is to be seen, and bytes that it may weigh without pictures."""
TIMES = 4
"""How often each is opened; the soonest is told, for whatever else the machine does meanwhile is not the page's."""
SAME = re.compile(r"LN-[\w-]+|[0-9a-f]{16,}|\d{4}-\d\d|\d+|[a-z]+-\d{4}-[\w-]+")
"""What in an address names one of many."""
PEOPLE = (None, "u-leader-01", "c-101", "c-102", "i-201", "z-301", "p-401", "q-403", "a-601", "o-701")
BEGIN = {
    None: ("/", "/register", "/statistics", "/revocations", "/about", "/guide", "/calls", "/surveys", "/lots", "/outcomes", "/data",
           "/query", "/notices/index.html", "/notices/log/index.html", "/sign-in"),
    "u-leader-01": ("/my",),
}  # fmt: skip
LEFT_OUT = re.compile(r"\.(?!html)\w+$|/sign-out|/api/|/sign-in/|^/design|\?")
"""What is no page: files, and what only chooses among the lines of one."""
MEASURED = """async () => [
  await new Promise((told) => new PerformanceObserver((list) => list.getEntries().forEach(
    (each) => each.name === 'first-contentful-paint' && told(each.startTime))).observe({type: 'paint', buffered: true})),
  performance.getEntriesByType('navigation')[0].decodedBodySize,
  performance.getEntriesByType('navigation')[0].responseStart,
]"""


@dataclass
class Sort:
    """A sort of page: the address at which it was looked at, and by whom."""

    person: str | None
    address: str
    paints: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    weight: int = 0

    @property
    def misses(self) -> bool:
        """Whether it is seen late, or heavy."""
        return min(self.paints) > SOON or self.weight > HEAVY

    def __str__(self) -> str:
        """A row of a table."""
        name = sort_of(self.address)
        mark = " **" if self.misses else ""
        return f"| {self.person or '公众'} | `{name}` | {min(self.paints):.0f} ms | {min(self.answers):.0f} ms | {self.weight / 1000:.1f} kB |{mark}"


def sort_of(address: str) -> str:
    """What the address of every such page has in common."""
    return SAME.sub("…", address)


async def links(page: Page) -> Sequence[str]:
    """Where a page leads within this house."""
    found: list[str] = await page.evaluate(
        "[...document.links].filter(a => a.origin === location.origin).map(a => a.pathname + a.search)"
    )
    return [each for each in found if not LEFT_OUT.search(each)]


async def sorts(page: Page, root: str, person: str | None, most: int) -> Mapping[str, Sort]:
    """One page of each sort that somebody comes to by links, and how it was seen."""
    waiting = list(BEGIN.get(person, ("/desk",)))
    known = {sort_of(each) for each in waiting}
    seen: dict[str, Sort] = {}
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        sort = Sort(person, address)
        for _ in range(TIMES):
            try:
                answer = await page.goto(root + address)
            except Refused:  # a file, which is downloaded
                break
            if not answer or answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
                break
            paint, weight, answered = await page.evaluate(MEASURED)
            sort.paints.append(paint)
            sort.answers.append(answered)
            sort.weight = weight
        else:
            seen[sort_of(address)] = sort
            click.echo(str(sort))
            for each in await links(page):
                if sort_of(each) not in known:
                    known.add(sort_of(each))
                    waiting.append(each)
    return seen


async def measured(browser: Browser, sign_in: str, people: Sequence[str | None], most: int) -> list[Sort]:
    """Every sort of page of each of these people."""
    root = "{0.scheme}://{0.netloc}".format(urlsplit(sign_in))
    found: dict[str, Sort] = {}
    for person in people:
        context = await browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
        page = await context.new_page()
        if person:
            await page.goto(sign_in)
            await page.click(f"button[name=person][value={person}]")
        slowed = await context.new_cdp_session(page)
        await slowed.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        for name, sort in (await sorts(page, root, person, most)).items():
            found.setdefault(name, sort)
        await context.close()
    return list(found.values())


def told(found: Sequence[Sort]) -> str:
    """What of them is not as it should be, in a line."""
    missing = [each for each in found if each.misses]
    latest = max(found, key=lambda each: min(each.paints))
    return (
        f"\n{len(found)} sorts of page; the last is seen after {min(latest.paints):.0f} ms; later than {SOON} ms or heavier than "
        f"{HEAVY // 1000} kB: {len(missing)}"
    )


@click.command()
@click.argument("sign_in")
@click.option("--person", "people", multiple=True, help="only what this person sees; 'public' for whoever is nobody")
@click.option("--most", default=60, help="how many sorts of page of each person")
def main(sign_in: str, people: Sequence[str], most: int) -> None:
    """Measure, and print."""

    async def run() -> list[Sort]:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM))
            return await measured(
                browser, sign_in, [None if each == "public" else each for each in people] or PEOPLE, most
            )

    click.echo("| who | page | first paint | answered | weight |\n|---|---|---|---|---|")
    click.echo(told(asyncio.run(run())))


if __name__ == "__main__":
    main()
