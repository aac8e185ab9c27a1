"""What changed from one version of an application to the next: by field, by row of a list, and by file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gateway.asked.forms import Field, fields_of
from models.choices import CHOICES
from models.sections import order_of
from regulation.intake import FORMS

Change = Literal["added", "removed", "changed"]

NAMED_BY = ("code", "partner", "name")
"""What tells one row of a list from the others: the code of a member, the partner of a cooperation."""

BY_ITSELF = ("filing_id", "kind", "received_at", "by")
"""What no leader changes."""


@dataclass(frozen=True)
class Difference:
    """One thing that changed: a field, or a row or file of a list. `at` points to it on the version where it stands last."""

    change: Change
    label: str
    at: str
    old: Field | None = None
    new: Field | None = None
    document: str = ""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Everything that differs between two versions, in the order of the form."""
    form = FORMS[str(after["kind"])]
    names = [each for each in order_of(form) if each not in (*BY_ITSELF, "documents")]
    old, new = (fields_of(form, each, only=names) for each in (before, after))
    owners = {
        each.get("code"): each.get("name") for version in (before, after) for each in version.get("members") or ()
    }
    documents = _documents(before.get("documents") or (), after.get("documents") or (), owners)
    return [*_between(old, new, ""), *documents]


def _between(old: Iterable[Field], new: Iterable[Field], within: str) -> Iterator[Difference]:
    for was, now in zip(old, new, strict=True):
        label = f"{within}{now.label}"
        if now.widget == "group":
            yield from _between(was.fields, now.fields, f"{label} · ")
        elif now.widget == "rows":
            yield from _rows(was, now, label)
        elif was.value != now.value and (was.says_something or now.says_something):
            change: Change = "changed" if was.says_something and now.says_something else "added"
            yield Difference(change if now.says_something else "removed", label, now.at, was, now)


def _rows(was: Field, now: Field, label: str) -> Iterator[Difference]:
    """Rows by what they are named by: one that was only moved did not change."""
    old, new = ({_named(row): row for row in each.rows if _says_something(row)} for each in (was, now))
    for name in dict.fromkeys((*old, *new)):
        left, right = old.get(name), new.get(name)
        called = f"{label} · {_called(right or left or ())}"
        if left is None or right is None:
            row = right or left or ()
            whole = Field(at=row[0].row, label=called, widget="group", fields=row)
            yield Difference(
                "added" if right else "removed", called, row[0].row, whole if left else None, whole if right else None
            )
        else:
            yield from _between(left, right, f"{called} · ")


def _says_something(row: Sequence[Field]) -> bool:
    return any(each.says_something for each in row)


def _named(row: Sequence[Field]) -> str:
    values = {each.name: each.value for each in row}
    return str(next((values[name] for name in NAMED_BY if values.get(name)), row[0].at))


def _called(row: Sequence[Field]) -> str:
    values = {each.name: each.value for each in row}
    return str(values.get("name") or values.get("partner") or _named(row))


# Files


def _documents(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], owners: Mapping[Any, Any]
) -> Iterator[Difference]:
    """Files by their content: the same content under another name is the same file. Of one sort and owner, what went and what
    came belong together."""
    kept = {_same(each) for each in before} & {_same(each) for each in after}
    gone, come = ([each for each in some if _same(each) not in kept] for some in (before, after))
    for number, each in enumerate(after):
        if each not in come:
            continue
        was = next((old for old in gone if _place(old) == _place(each)), None)
        if was is not None:
            gone.remove(was)
        label = document_label(each, owners)
        at = f"/documents/{number}"
        kind = str(each.get("kind"))
        yield Difference(
            "changed" if was else "added", label, at, _file(was) if was else None, _file(each), document=kind
        )
    for each in gone:
        yield Difference(
            "removed", document_label(each, owners), "/documents", _file(each), document=str(each.get("kind"))
        )


def document_label(document: Mapping[str, Any], owners: Mapping[Any, Any]) -> str:
    """What a document is, and whose."""
    kind = str(document.get("kind"))
    of = owners.get(document.get("owner"))
    return CHOICES["kind"].get(kind, kind) + (f"（{of}）" if of else "")


def _same(document: Mapping[str, Any]) -> tuple[object, ...]:
    return (*_place(document), document.get("sha256"))


def _place(document: Mapping[str, Any]) -> tuple[object, object]:
    return document.get("kind"), document.get("owner")


def _file(document: Mapping[str, Any]) -> Field:
    """A file as it reads: its name, and how its digest begins."""
    field = Field(at="/documents", label="文件", widget="line", value=document.get("name"))
    return replace(field, help=str(document.get("sha256") or "")[:12])


# What a return asked for, beside what came of it


@dataclass(frozen=True)
class Asked:
    """One thing that a return asked for, and what changed of the fields and files that it is about."""

    item: str
    message: str
    changes: tuple[Difference, ...]


def about(difference: Difference, pointers: Iterable[str], documents: Iterable[str]) -> bool:
    """Whether a difference is in one of these fields, or of one of these sorts of documents."""
    if difference.document:
        return difference.document in documents
    return any(difference.at == each or difference.at.startswith(f"{each}/") for each in pointers)
