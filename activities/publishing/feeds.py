"""Feeds of publications: Atom (RFC 4287) and JSON Feed 1.1. An entry stays as it was: what came later is an entry of its own."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from feedgenerator import Atom1Feed

from activities.publishing.publications import Published

AUTHOR = "辽宁省产学研联盟备案平台"
LANGUAGE = "zh-CN"
BEGINNING = datetime(2021, 1, 1, tzinfo=UTC)
"""The instant of a feed that has no entry yet: there is nothing to publish before."""


@dataclass(frozen=True)
class Feed:
    """What a feed is called, and where it and its page are found from outside (`base` ends in a slash, or is `../`s)."""

    title: str
    base: str
    page: str
    path: str


class _Atom(Atom1Feed):  # type: ignore[misc]
    """Atom that reads no clock."""

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=BEGINNING)


def urn(kind: str, name: str) -> str:
    """An id that stays when the site moves to another address."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'beian:{kind}:{name}')}"


def summary(each: Published) -> str:
    """A publication in a few sentences."""
    facts = {"盟主企业": each.shown.leader, "备案编号": each.shown.archive_number}
    facts |= {"公示期": each.period, "依据": each.shown.clause, "文号": each.shown.document_no}
    return "".join([each.lead, *(f"{name}：{fact}。" for name, fact in facts.items() if fact)])


def atom(feed: Feed, publications: Sequence[Published]) -> bytes:
    """The feed as Atom."""
    written = _Atom(
        title=feed.title,
        link=feed.base + feed.page,
        description=None,
        language=LANGUAGE,
        author_name=AUTHOR,
        feed_url=f"{feed.base}{feed.path}.atom",
        feed_guid=urn("feed", feed.path),
    )
    for each in publications:
        written.add_item(
            title=each.title,
            link=feed.base + each.path,
            description=html.escape(summary(each)),
            pubdate=each.at,
            updateddate=each.at,
            unique_id=urn("publication", each.row.id),
            categories=(each.wording.label, each.place),
        )
    text: str = written.writeString("utf-8")
    return text.encode()


def json_feed(feed: Feed, publications: Sequence[Published]) -> bytes:
    """The feed as JSON Feed."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.base + feed.page,
        "feed_url": f"{feed.base}{feed.path}.json",
        "language": LANGUAGE,
        "authors": [{"name": AUTHOR}],
        "items": [
            {
                "id": urn("publication", each.row.id),
                "url": feed.base + each.path,
                "title": each.title,
                "content_text": summary(each),
                "date_published": each.at.isoformat(),
                "tags": [each.wording.label, each.place],
            }
            for each in publications
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
